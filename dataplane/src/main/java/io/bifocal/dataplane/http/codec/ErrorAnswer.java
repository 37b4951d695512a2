package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * What a client hears that has sent no acceptable request.
 *
 * @param headers all but those that concern the connection
 * @param body may be empty
 */
public record ErrorAnswer(int status, HttpHeaders headers, String body) {}
