package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.MatchInputs;
import io.bifocal.dataplane.match.NetworkInputs;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.FilterStateInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestHeaderMatchInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestQueryParamMatchInput;
import java.util.Set;

/** What a tree of conditions may look at of a request. */
final class HttpInputs {
  private static final Address.Pipe NOWHERE = new Address.Pipe("");
  private static final String COMMON = "envoy.extensions.matching.common_inputs.";
  private static final String NETWORK = COMMON + "network.v3.";
  private static final Set<String> OF_LISTENERS =
      Set.of("TransportProtocolInput", "ApplicationProtocolInput");

  private HttpInputs() {}

  /** A request. */
  record Request(RequestHead head, StreamInfo info) implements NetworkInputs.Connection {
    @Override
    public Address local() {
      return info.downstreamLocal == null ? NOWHERE : info.downstreamLocal;
    }

    @Override
    public Address remote() {
      return info.downstreamRemote == null ? NOWHERE : info.downstreamRemote;
    }

    @Override
    public Address directRemote() {
      return info.downstreamDirectRemote == null ? remote() : info.downstreamDirectRemote;
    }

    @Override
    public String serverName() {
      return info.requestedServerName;
    }
  }

  /** The inputs of requests, and of the connections that they came by. */
  static MatchInputs<Request> all() {
    return NetworkInputs.register(headersAndState(), request -> request)
        .register(
            HttpRequestQueryParamMatchInput.getDefaultInstance(),
            config -> request -> QueryMatch.find(request.head().path, config.getQueryParam()));
  }

  /** What routes may be chosen by. */
  static MatchInputs<Request> ofRoutes() {
    return headersAndState()
        .refuse(
            HttpInputs::isForRequests,
            (config, path) ->
                new ConfigException(
                    "requirement violation while creating route match tree: INVALID_ARGUMENT: Route"
                        + " table can only match on request headers, saw "
                        + config.getTypedConfig().getTypeUrl()));
  }

  private static MatchInputs<Request> headersAndState() {
    return new MatchInputs<Request>()
        .register(
            HttpRequestHeaderMatchInput.getDefaultInstance(),
            config -> {
              HeaderMatch header = HeaderMatch.named(config.getHeaderName());
              return request -> header.value(request.head());
            })
        .register(
            FilterStateInput.getDefaultInstance(),
            config -> request -> request.info().filterState(config.getKey()));
  }

  /** Whether Envoy has it for other conditions on requests. */
  private static boolean isForRequests(String type) {
    return type.startsWith("envoy.type.matcher.v3.Http")
        || type.startsWith(COMMON + "ssl.v3.")
        || (type.startsWith(NETWORK) && !OF_LISTENERS.contains(type.substring(NETWORK.length())));
  }
}
