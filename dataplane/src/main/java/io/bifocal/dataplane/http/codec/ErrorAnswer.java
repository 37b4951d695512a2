package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.WireBytes;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;

/**
 * What a client hears that has sent no acceptable request.
 *
 * @param headers all but those that concern the connection
 * @param body may be empty
 * @param written hears, when it has been written, of the bytes that came and went
 */
public record ErrorAnswer(
    int status, HttpHeaders headers, String body, Consumer<WireBytes> written) {}
