package io.bifocal.dataplane.transport;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Objects;

/** Why a connection's transport failed after it was ready; told by it, and asked for by logs. */
public final class TransportFailure {
  private static final AttributeKey<String> REASON =
      AttributeKey.valueOf(TransportFailure.class, "reason");

  private TransportFailure() {}

  /**
   * Tells; the first reason counts.
   *
   * @param reason fit for {@code %DOWNSTREAM_TRANSPORT_FAILURE_REASON%}; empty for none
   */
  public static void tell(Channel channel, String reason) {
    if (!reason.isEmpty()) {
      channel.attr(REASON).compareAndSet(null, reason);
    }
  }

  /** Empty when it has not failed. */
  public static String of(Channel channel) {
    return Objects.requireNonNullElse(channel.attr(REASON).get(), "");
  }
}
