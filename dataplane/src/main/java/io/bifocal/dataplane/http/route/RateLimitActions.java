package io.bifocal.dataplane.http.route;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.MatchInput;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the actions of which a descriptor is made. */
final class RateLimitActions {
  static final SupportedFields FIELDS =
      SupportedFields.of(Action.getDescriptor())
          .supports(
              "source_cluster",
              "destination_cluster",
              "request_headers",
              "query_parameters",
              "remote_address",
              "generic_key",
              "header_value_match",
              "metadata",
              "extension",
              "masked_remote_address",
              "query_parameter_value_match")
          .refuses("nor does Envoy take it any more", "dynamic_metadata");

  private RateLimitActions() {}

  static List<RateLimitAction> of(List<Action> configs, String path) throws ConfigException {
    List<RateLimitAction> actions = new ArrayList<>();
    for (Action config : configs) {
      RouteFields.check(FIELDS, config, path);
      actions.add(action(config, path));
    }
    return List.copyOf(actions);
  }

  private static RateLimitAction action(Action action, String path) throws ConfigException {
    return switch (action.getActionSpecifierCase()) {
      case SOURCE_CLUSTER ->
          request -> new RateLimitDescriptor.Entry("source_cluster", request.ownCluster());
      case DESTINATION_CLUSTER -> request -> entry("destination_cluster", request.cluster());
      case REQUEST_HEADERS -> header(action.getRequestHeaders());
      case QUERY_PARAMETERS -> query(action.getQueryParameters());
      case REMOTE_ADDRESS -> request -> entry("remote_address", ip(request));
      case GENERIC_KEY ->
          always(
              new RateLimitDescriptor.Entry(
                  or(action.getGenericKey().getDescriptorKey(), "generic_key"),
                  action.getGenericKey().getDescriptorValue()));
      case METADATA -> metadata(action.getMetadata());
      case EXTENSION -> input(action.getExtension());
      case HEADER_VALUE_MATCH -> headers(action.getHeaderValueMatch(), path);
      case MASKED_REMOTE_ADDRESS -> masked(action.getMaskedRemoteAddress());
      case QUERY_PARAMETER_VALUE_MATCH -> queries(action.getQueryParameterValueMatch(), path);
      default ->
          throw new ConfigException(
              path + ": " + action.getActionSpecifierCase() + " not supported");
    };
  }

  private static RateLimitAction always(RateLimitDescriptor.Entry entry) {
    return request -> entry;
  }

  private static String or(String configured, String otherwise) {
    return configured.isEmpty() ? otherwise : configured;
  }

  private static RateLimitDescriptor.@Nullable Entry entry(String key, @Nullable String value) {
    return value == null || value.isEmpty() ? null : new RateLimitDescriptor.Entry(key, value);
  }

  private static RateLimitAction header(Action.RequestHeaders config) {
    HeaderMatch header = HeaderMatch.named(config.getHeaderName());
    RateLimitDescriptor.Entry absent = config.getSkipIfAbsent() ? RateLimitAction.NOTHING : null;
    return request -> present(config.getDescriptorKey(), header.value(request.head()), absent);
  }

  private static RateLimitAction query(Action.QueryParameters config) {
    RateLimitDescriptor.Entry absent = config.getSkipIfAbsent() ? RateLimitAction.NOTHING : null;
    return request ->
        present(
            config.getDescriptorKey(),
            QueryMatch.find(request.head().path, config.getQueryParameterName()),
            absent);
  }

  // What is there may be empty.
  private static RateLimitDescriptor.@Nullable Entry present(
      String key, @Nullable String value, RateLimitDescriptor.@Nullable Entry absent) {
    return value == null ? absent : new RateLimitDescriptor.Entry(key, value);
  }

  private static RateLimitAction headers(Action.HeaderValueMatch config, String path)
      throws ConfigException {
    List<HeaderMatch> wanted =
        HeaderMatch.all(config.getHeadersList(), path + ".header_value_match.headers");
    boolean expected = !config.hasExpectMatch() || config.getExpectMatch().getValue();
    RateLimitDescriptor.Entry entry =
        new RateLimitDescriptor.Entry(
            or(config.getDescriptorKey(), "header_match"), config.getDescriptorValue());
    return request -> all(wanted, request.head()) == expected ? entry : null;
  }

  private static boolean all(List<HeaderMatch> wanted, RequestHead head) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!wanted.get(i).matches(head)) {
        return false;
      }
    }
    return true;
  }

  private static RateLimitAction queries(Action.QueryParameterValueMatch config, String path)
      throws ConfigException {
    List<QueryMatch> wanted = new ArrayList<>();
    for (QueryParameterMatcher query : config.getQueryParametersList()) {
      wanted.add(QueryMatch.of(query, path + ".query_parameter_value_match.query_parameters"));
    }
    boolean expected = !config.hasExpectMatch() || config.getExpectMatch().getValue();
    RateLimitDescriptor.Entry entry =
        new RateLimitDescriptor.Entry(
            or(config.getDescriptorKey(), "query_match"), config.getDescriptorValue());
    return request -> all(wanted, request.head().path) == expected ? entry : null;
  }

  private static boolean all(List<QueryMatch> wanted, String path) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!wanted.get(i).matches(path)) {
        return false;
      }
    }
    return true;
  }

  private static RateLimitAction metadata(Action.MetaData config) {
    String key = config.getDescriptorKey();
    RateLimitDescriptor.Entry otherwise = entry(key, config.getDefaultValue());
    if (otherwise == null && config.getSkipIfAbsent()) {
      otherwise = RateLimitAction.NOTHING;
    }
    RateLimitDescriptor.Entry absent = otherwise;
    boolean dynamic = config.getSource() == Action.MetaData.Source.DYNAMIC;
    return request -> {
      RateLimitDescriptor.Entry found =
          entry(key, find(config.getMetadataKey(), namespace(config, request, dynamic)));
      return found == null ? absent : found;
    };
  }

  private static @Nullable Struct namespace(
      Action.MetaData config, RateLimitSubject request, boolean dynamic) {
    String name = config.getMetadataKey().getKey();
    if (dynamic) {
      return request.info().dynamicMetadata.get(name);
    }
    var route = request.info().route;
    return route == null ? null : route.route().getMetadata().getFilterMetadataMap().get(name);
  }

  private static @Nullable String find(MetadataKey key, @Nullable Struct namespace) {
    Struct fields = namespace;
    Value found = null;
    for (int i = 0; i < key.getPathCount(); i++) {
      found = fields == null ? null : fields.getFieldsMap().get(key.getPath(i).getKey());
      fields = found != null && found.hasStructValue() ? found.getStructValue() : null;
    }
    return found == null ? null : found.getStringValue();
  }

  private static RateLimitAction input(TypedExtensionConfig config) throws ConfigException {
    MatchInput<HttpInputs.Request> input =
        HttpInputs.all()
            .read(
                com.github.xds.core.v3.TypedExtensionConfig.newBuilder()
                    .setName(config.getName())
                    .setTypedConfig(config.getTypedConfig())
                    .build(),
                "extension");
    return request ->
        entry(config.getName(), input.of(new HttpInputs.Request(request.head(), request.info())));
  }

  private static RateLimitAction masked(Action.MaskedRemoteAddress config) {
    return request ->
        entry(
            "masked_remote_address",
            request.info().downstreamRemote instanceof Address.Ip ip
                ? masked(ip.ip(), config)
                : null);
  }

  private static String masked(InetAddress ip, Action.MaskedRemoteAddress config) {
    byte[] bytes = ip.getAddress();
    boolean v4 = bytes.length == 4;
    int bits =
        v4
            ? bits(config.hasV4PrefixMaskLen(), config.getV4PrefixMaskLen(), 32)
            : bits(config.hasV6PrefixMaskLen(), config.getV6PrefixMaskLen(), 128);
    for (int i = bits; i < bytes.length * Byte.SIZE; i++) {
      bytes[i / Byte.SIZE] &= (byte) ~(0x80 >> (i % Byte.SIZE));
    }
    try {
      return InetAddresses.toAddrString(InetAddress.getByAddress(bytes)) + "/" + bits;
    } catch (UnknownHostException e) {
      throw new AssertionError("as long as it was", e);
    }
  }

  private static int bits(boolean configured, UInt32Value value, int all) {
    return configured ? value.getValue() : all;
  }

  private static @Nullable String ip(RateLimitSubject request) {
    return request.info().downstreamRemote instanceof Address.Ip ip
        ? InetAddresses.toAddrString(ip.ip())
        : null;
  }
}
