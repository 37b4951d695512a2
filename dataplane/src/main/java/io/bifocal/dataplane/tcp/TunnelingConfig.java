package io.bifocal.dataplane.tcp;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How connections are tunnelled through a proxy that speaks HTTP.
 *
 * <p>Source: {@code TcpProxy.TunnelingConfig}.
 *
 * @param hostname whom the tunnel leads to, made for each connection
 * @param post whether it is a POST to {@code path} instead of a CONNECT
 * @param keepsHeaders whether the proxy's answer is kept for logs
 * @param keepsTrailers whether what comes behind the tunnel's bytes is
 */
record TunnelingConfig(
    Format hostname,
    boolean post,
    String path,
    HeaderChanges headers,
    boolean keepsHeaders,
    boolean keepsTrailers) {
  private static final String HEADERS_KEY = "envoy.tcp_proxy.propagate_response_headers";
  private static final String TRAILERS_KEY = "envoy.tcp_proxy.propagate_response_trailers";
  private static final SupportedFields FIELDS =
      SupportedFields.of(TcpProxy.TunnelingConfig.getDescriptor())
          .supports(
              "hostname",
              "use_post",
              "headers_to_add",
              "propagate_response_headers",
              "post_path",
              "propagate_response_trailers");

  static TunnelingConfig of(TcpProxy.TunnelingConfig proto, String path) throws ConfigException {
    String where = path + ".tunneling_config";
    FIELDS.check(proto, where);
    if (!proto.getPostPath().isEmpty() && !proto.getUsePost()) {
      throw new ConfigException("Can't set a post path when POST method isn't used");
    }
    return new TunnelingConfig(
        Format.text(proto.getHostname()),
        proto.getUsePost(),
        proto.getPostPath().isEmpty() ? "/" : proto.getPostPath(),
        HeaderChanges.of(proto.getHeadersToAddList(), List.of(), where),
        proto.getPropagateResponseHeaders(),
        proto.getPropagateResponseTrailers());
  }

  /**
   * What asks for a connection's tunnel.
   *
   * @param secure whether the proxy is reached by TLS
   */
  RequestHead request(StreamInfo info, boolean secure) {
    HttpHeaders fields = DefaultHttpHeadersFactory.headersFactory().newHeaders();
    headers.apply(fields, info);
    String authority = hostname.of(info);
    if (!post) {
      RequestHead head = new RequestHead(RequestHead.CONNECT, "", authority, true, fields);
      head.upgrade = RequestHead.CONNECT;
      return head;
    }
    RequestHead head = new RequestHead("POST", path, authority, true, fields);
    head.scheme = secure ? "https" : "http";
    return head;
  }

  /** Whether an answer's head means that the tunnel is there. RFC 9110, section 9.3.6. */
  boolean opens(int status, boolean http2) {
    return http2 ? status == 200 : status / 100 == 2;
  }

  void keepHeaders(int status, HttpHeaders answer, StreamInfo info) {
    if (keepsHeaders) {
      HeaderMap.Builder all = HeaderMap.newBuilder();
      all.addHeadersBuilder().setKey(":status").setValue(Integer.toString(status));
      keep(HEADERS_KEY, all, answer, info);
    }
  }

  void keepTrailers(HttpHeaders trailers, StreamInfo info) {
    if (keepsTrailers) {
      keep(TRAILERS_KEY, HeaderMap.newBuilder(), trailers, info);
    }
  }

  private static void keep(String key, HeaderMap.Builder all, HttpHeaders fields, StreamInfo info) {
    for (Map.Entry<String, String> field : fields) {
      all.addHeaders(
          HeaderValue.newBuilder()
              .setKey(field.getKey().toLowerCase(Locale.ROOT))
              .setValue(field.getValue()));
    }
    Map<String, String> kept =
        info.filterState == null ? new HashMap<>(4) : new HashMap<>(info.filterState);
    try {
      kept.put(key, JsonFormat.printer().omittingInsignificantWhitespace().print(all));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e); // only of an Any
    }
    info.filterState = kept;
  }
}
