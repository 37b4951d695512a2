package io.bifocal.dataplane.format;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code DYNAMIC_METADATA(namespace:key:…)}, what filters have said of a request; and what the
 * configuration says of what took it: {@code METADATA(type:namespace:key:…)}.
 */
final class MetadataCommands {
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace();

  private MetadataCommands() {}

  static Command dynamic(String parameters) {
    String[] path = parameters.split(":", -1);
    return value(stream -> find(stream.dynamicMetadata.get(path[0]), path));
  }

  static Command cluster(String parameters) {
    return configured(
        parameters, stream -> stream.cluster == null ? null : stream.cluster.getMetadata());
  }

  static Command upstreamHost(String parameters) {
    return configured(
        parameters, stream -> stream.upstreamHost == null ? null : stream.upstreamHost.metadata());
  }

  /** {@code METADATA(type:namespace:key:…)}. */
  static Command typed(String parameters) throws ConfigException {
    int colon = parameters.indexOf(':');
    String type = colon < 0 ? parameters : parameters.substring(0, colon);
    String rest = colon < 0 ? "" : parameters.substring(colon + 1);
    return switch (type) {
      case "DYNAMIC" -> dynamic(rest);
      case "CLUSTER" -> cluster(rest);
      case "UPSTREAM_HOST" -> upstreamHost(rest);
      case "ROUTE" ->
          configured(
              rest, stream -> stream.route == null ? null : stream.route.route().getMetadata());
      case "VIRTUAL_HOST" ->
          configured(
              rest, stream -> stream.route == null ? null : stream.route.host().getMetadata());
      case "LISTENER" ->
          configured(
              rest,
              stream -> {
                var listener = stream.ofConnection().listener;
                return listener == null ? null : listener.getMetadata();
              });
      case "LISTENER_FILTER_CHAIN" ->
          configured(
              rest,
              stream -> {
                var chain = stream.ofConnection().filterChain;
                return chain == null ? null : chain.getMetadata();
              });
      default -> throw new ConfigException(type + " is not supported type of metadata");
    };
  }

  private static Command configured(
      String parameters, Function<StreamInfo, @Nullable Metadata> of) {
    String[] path = parameters.split(":", -1);
    return value(
        stream -> {
          Metadata metadata = of.apply(stream);
          return metadata == null ? null : find(metadata.getFilterMetadataMap().get(path[0]), path);
        });
  }

  private static Command value(Function<StreamInfo, @Nullable Value> of) {
    return new Command() {
      @Override
      public boolean append(StreamInfo stream, StringBuilder out) {
        Value value = of.apply(stream);
        if (value != null && value.hasStringValue()) {
          out.append(value.getStringValue());
          return true;
        }
        return json(value, out);
      }

      @Override
      public Command inJson() {
        return (stream, out) -> json(of.apply(stream), out);
      }
    };
  }

  private static @Nullable Value find(@Nullable Struct namespace, String[] path) {
    if (namespace == null) {
      return null;
    }
    Value value = Value.newBuilder().setStructValue(namespace).build();
    for (int i = 1; i < path.length && value != null; i++) {
      value = value.getStructValue().getFieldsMap().get(path[i]);
    }
    return value;
  }

  private static boolean json(@Nullable Value value, StringBuilder out) {
    if (value == null) {
      return false;
    }
    try {
      JSON.appendTo(value, out);
      return true;
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e); // it holds no Any that could be unknown
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
