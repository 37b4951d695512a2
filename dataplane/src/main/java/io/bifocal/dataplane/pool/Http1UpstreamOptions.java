package io.bifocal.dataplane.pool;

/**
 * How HTTP/1 is spoken upstream. Source: {@code envoy.config.core.v3.Http1ProtocolOptions}.
 *
 * @param keyFormat {@code header_key_format}
 * @param fullUrl {@code send_fully_qualified_url}: whether a request's target is a whole URL
 * @param trailers {@code enable_trailers}: whether fields behind a body are passed on
 * @param chunkedLength {@code allow_chunked_length}: whether a length beside chunks is overlooked
 * @param limits of an answer's head
 */
public record Http1UpstreamOptions(
    HeaderKeyFormat keyFormat,
    boolean fullUrl,
    boolean trailers,
    boolean chunkedLength,
    ResponseLimits limits) {
  public static final Http1UpstreamOptions DEFAULT =
      new Http1UpstreamOptions(
          HeaderKeyFormat.LOWER_CASE, false, false, false, ResponseLimits.HTTP_1);

  /** The same within other limits. */
  public Http1UpstreamOptions within(ResponseLimits others) {
    return new Http1UpstreamOptions(keyFormat, fullUrl, trailers, chunkedLength, others);
  }
}
