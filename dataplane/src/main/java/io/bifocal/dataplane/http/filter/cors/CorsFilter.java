package io.bifocal.dataplane.http.filter.cors;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** One request that may come from another origin. */
final class CorsFilter implements HttpFilter {
  private static final AsciiString ASKS_PRIVATE =
      AsciiString.cached("access-control-request-private-network");
  private static final AsciiString ALLOWS_PRIVATE =
      AsciiString.cached("access-control-allow-private-network");
  private static final LocalReply PREFLIGHT = new LocalReply(200, "", null, "cors_response");

  private final FilterStream stream;
  private final CorsStats stats;
  // Of an origin that is allowed; null otherwise.
  private @Nullable String origin;
  private @Nullable Policies policies;

  CorsFilter(FilterStream stream, CorsStats stats) {
    this.stream = stream;
    this.stats = stats;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    if (stream.cluster().isEmpty()) {
      return HeadStatus.CONTINUE;
    }
    Policies said = new Policies(levels());
    long random = ThreadLocalRandom.current().nextLong() >>> 1;
    boolean enabled = said.isEnabled(random);
    if (!enabled && !said.isShadow(random)) {
      return HeadStatus.CONTINUE;
    }
    String from = head.headers.get(HttpHeaderNames.ORIGIN, "");
    if (from.isEmpty()) {
      return HeadStatus.CONTINUE;
    }
    boolean preflight =
        head.method.equals("OPTIONS")
            && !head.headers.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD, "").isEmpty();
    if (!said.allows(from)) {
      stats.invalid().at(stream.shard()).inc();
      if (enabled && preflight && !said.flag(Policy::forwardOthers, true)) {
        stream.localReply(PREFLIGHT.with(headers -> allow(said, head, headers)));
        return HeadStatus.STOP_ALL;
      }
      return HeadStatus.CONTINUE;
    }
    stats.valid().at(stream.shard()).inc();
    if (!enabled) {
      return HeadStatus.CONTINUE;
    }
    origin = from;
    policies = said;
    if (!preflight) {
      return HeadStatus.CONTINUE;
    }
    stream.localReply(PREFLIGHT.with(headers -> allow(said, head, headers)));
    return HeadStatus.STOP_ALL;
  }

  // The fields from before there were configurations of filters count where there is none.
  private List<Object> levels() {
    List<Object> typed = stream.routeConfigs();
    Route route = stream.route();
    return typed.isEmpty() && route != null && route.action() instanceof RouteAction.Forward forward
        ? forward.cors()
        : typed;
  }

  private static void allow(Policies said, RequestHead head, HttpHeaders headers) {
    if (said.flag(Policy::credentials, false)) {
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if (said.flag(Policy::privateNetwork, false)
        && head.headers.get(ASKS_PRIVATE, "").equals("true")) {
      headers.set(ALLOWS_PRIVATE, "true");
    }
    setOrEcho(
        headers,
        HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS,
        said.text(Policy::methods),
        head.headers.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD, ""));
    setOrEcho(
        headers,
        HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS,
        said.text(Policy::headers),
        head.headers.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS, ""));
    set(headers, HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, said.text(Policy::maxAge));
  }

  @Override
  public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    Policies said = policies;
    if (origin != null && said != null) {
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      if (said.flag(Policy::credentials, false)) {
        headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
      }
      set(headers, HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, said.text(Policy::exposed));
    }
    return HeadStatus.CONTINUE;
  }

  // Browsers that send credentials take a star for a name.
  private static void setOrEcho(HttpHeaders headers, AsciiString name, String value, String asked) {
    if (value.equals("*")) {
      headers.set(name, asked);
    } else {
      set(headers, name, value);
    }
  }

  private static void set(HttpHeaders headers, AsciiString name, String value) {
    if (!value.isEmpty()) {
      headers.set(name, value);
    }
  }
}
