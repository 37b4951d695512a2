package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is made here because there is no other.
 *
 * @param flag what went wrong; null for nothing of which there is a flag
 * @param details {@code %RESPONSE_CODE_DETAILS%}
 * @param headers adds to the answer's headers, before those that tell of its body
 * @param grpcStatus what a gRPC client is told; −1 for what {@code status} means to it
 */
public record LocalReply(
    int status,
    String body,
    @Nullable ResponseFlag flag,
    String details,
    Consumer<HttpHeaders> headers,
    int grpcStatus) {
  public LocalReply(int status, String body, @Nullable ResponseFlag flag, String details) {
    this(status, body, flag, details, LocalReply::none, -1);
  }

  private static void none(HttpHeaders headers) {}

  /** The same with more headers. */
  public LocalReply with(Consumer<HttpHeaders> more) {
    return new LocalReply(status, body, flag, details, headers.andThen(more), grpcStatus);
  }

  /** The same with another status for gRPC clients. */
  public LocalReply withGrpcStatus(int code) {
    return new LocalReply(status, body, flag, details, headers, code);
  }
}
