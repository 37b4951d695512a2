package io.bifocal.dataplane.http.codec;

/**
 * How HTTP/3 is spoken with clients. Source: {@code envoy.config.core.v3.Http3ProtocolOptions}.
 *
 * @param limits of a request's head
 * @param streamErrors {@code override_stream_error_on_invalid_http_message}: whether a request that
 *     is none ends its stream only
 * @param allowConnect {@code allow_extended_connect}: whether clients may ask for upgrades, as RFC
 *     9220 has it
 */
public record Http3ServerOptions(Http1Limits limits, boolean streamErrors, boolean allowConnect) {}
