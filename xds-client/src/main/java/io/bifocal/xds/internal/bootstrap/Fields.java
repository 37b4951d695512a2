package io.bifocal.xds.internal.bootstrap;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all kinds of sources check alike. */
final class Fields {
  static final int V2 = 1;

  static final SupportedFields SOURCE =
      SupportedFields.of(ConfigSource.getDescriptor())
          .supports(
              "path",
              "path_config_source",
              "api_config_source",
              "ads",
              "self",
              "initial_fetch_timeout",
              "resource_api_version")
          .ignores("no name is bound to an authority yet", "authorities");

  private static final Logger log = LoggerFactory.getLogger(Fields.class);
  private static final String MESSAGE = "envoy.config.core.v3.ApiConfigSource";

  private Fields() {}

  static SourceSettings ofServer(ApiConfigSource source, Servers servers) {
    return switch (source.getApiType()) {
      case REST -> RestSettings.of(source, servers);
      case GRPC, DELTA_GRPC -> StreamSettings.of(source, servers);
      case DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE ->
          throw new IllegalArgumentException(
              "REST_LEGACY no longer a supported ApiConfigSource. Please specify an explicit"
                  + " supported api_type");
      default ->
          throw new IllegalArgumentException("Unsupported config source " + source.getApiType());
    };
  }

  /** The rules about who is named by what, in Envoy's order. */
  static void checkNames(ApiConfigSource source, Servers servers) {
    boolean grpc = source.getApiType() != ApiConfigSource.ApiType.REST;
    int names = source.getClusterNamesCount();
    int services = source.getGrpcServicesCount();
    int most = servers.failover() ? 2 : 1;
    if (source.getTransportApiVersionValue() == V2) {
      throw new IllegalArgumentException("transport_api_version V2 is not served: V3 is");
    }
    if (names == 0 && services == 0) {
      throw new IllegalArgumentException(
          "API configs must have either a gRPC service or a cluster name defined");
    }
    if (grpc && names > 0) {
      throw refused("::(AGGREGATED_)(DELTA_)GRPC must not have a cluster name specified");
    }
    if (grpc && services > most) {
      throw refused(
          "::(AGGREGATED_)(DELTA_)GRPC must have no more than "
              + most
              + " gRPC services specified");
    }
    if (!grpc && services > 0) {
      throw refused(", if not a gRPC type, must not have a gRPC service specified");
    }
    if (!grpc && names != 1) {
      throw refused(" must have a singleton cluster name specified");
    }
  }

  static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(MESSAGE + why);
  }

  static void check(SupportedFields table, Message message, String path) {
    try {
      table.check(message, path).forEach(log::warn);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.reason(), e);
    }
  }
}
