package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.bifocal.dataplane.pool.Http1UpstreamOptions;

/**
 * How HTTP/1 is spoken. Source: {@code envoy.config.core.v3.Http1ProtocolOptions}.
 *
 * @param limits of a message's head
 * @param trailers {@code enable_trailers}: whether fields behind a body are passed on
 * @param keyFormat {@code header_key_format}: how names are written
 * @param chunkedLength {@code allow_chunked_length}: whether a length beside chunks is overlooked
 * @param absoluteUrl {@code allow_absolute_url}: whether a target may be a whole URL
 * @param http10 {@code accept_http_10}
 * @param defaultHost {@code default_host_for_http_10}; empty for none
 * @param fullUrl {@code send_fully_qualified_url}: whether requests are written with a whole URL
 */
public record Http1Options(
    Http1Limits limits,
    boolean trailers,
    HeaderKeyFormat keyFormat,
    boolean chunkedLength,
    boolean absoluteUrl,
    boolean http10,
    String defaultHost,
    boolean fullUrl) {
  public static final Http1Options DEFAULT = of(Http1Limits.DEFAULT);

  /** What holds where nothing is configured. */
  public static Http1Options of(Http1Limits limits) {
    return new Http1Options(
        limits, false, HeaderKeyFormat.LOWER_CASE, false, true, false, "", false);
  }

  static Http1Options of(Http1UpstreamOptions upstream) {
    return new Http1Options(
        new Http1Limits(upstream.limits().maxHeaderBytes(), upstream.limits().maxHeaders()),
        upstream.trailers(),
        upstream.keyFormat(),
        upstream.chunkedLength(),
        true,
        false,
        "",
        upstream.fullUrl());
  }
}
