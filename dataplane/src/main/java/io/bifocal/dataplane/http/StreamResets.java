package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;

/** What is told of a request whose stream its client, or the codec, has reset, in Envoy's words. */
final class StreamResets {
  private StreamResets() {}

  static void tell(StreamInfo info, Protocol protocol, ResetReason reason) {
    if (reason == ResetReason.CONNECTION_TERMINATION) {
      tell(info, ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION, "downstream_remote_disconnect");
    } else if (protocol.isMultiplexed()) {
      tellOfStream(info, protocol, reason);
    } else {
      tell(info, ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, protocol.codecError());
    }
  }

  // The connection, and what else it carries, may live on.
  private static void tellOfStream(StreamInfo info, Protocol protocol, ResetReason reason) {
    switch (reason) {
      case REMOTE_RESET ->
          tell(
              info,
              ResponseFlag.DOWNSTREAM_REMOTE_RESET,
              protocol == Protocol.HTTP_3 ? "http3.remote_reset" : "http2.remote_reset");
      case OVERLOAD_MANAGER -> tell(info, ResponseFlag.OVERLOAD_MANAGER, "overload");
      case REMOTE_REFUSED_STREAM_RESET ->
          tell(info, ResponseFlag.DOWNSTREAM_REMOTE_RESET, "http2.remote_refuse");
      case INCONSISTENT_LENGTH ->
          tell(info, ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, "http3.inconsistent_content_length");
      default -> tell(info, ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, protocol.codecError());
    }
  }

  private static void tell(StreamInfo info, ResponseFlag flag, String details) {
    info.flag(flag);
    info.responseCodeDetails = details;
  }
}
