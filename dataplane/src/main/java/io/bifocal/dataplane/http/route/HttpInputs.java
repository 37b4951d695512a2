package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.MatchInputs;
import io.bifocal.dataplane.match.NetworkInputs;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestHeaderMatchInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestQueryParamMatchInput;
import java.util.List;

/** What a tree of conditions may look at of a request. */
public final class HttpInputs {
  private static final Address.Pipe NOWHERE = new Address.Pipe("");

  private HttpInputs() {}

  /** A request. */
  public record Request(RequestHead head, StreamInfo info) implements NetworkInputs.Connection {
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

    @Override
    public String transportProtocol() {
      return "";
    }

    @Override
    public List<String> applicationProtocols() {
      return List.of();
    }
  }

  /** The inputs of requests, and of the connections that they came by. */
  public static MatchInputs<Request> all() {
    return NetworkInputs.register(new MatchInputs<Request>(), request -> request)
        .register(
            HttpRequestHeaderMatchInput.getDefaultInstance(),
            config -> {
              HeaderMatch header = HeaderMatch.named(config.getHeaderName());
              return request -> header.value(request.head());
            })
        .register(
            HttpRequestQueryParamMatchInput.getDefaultInstance(),
            config -> request -> QueryMatch.find(request.head().path, config.getQueryParam()));
  }
}
