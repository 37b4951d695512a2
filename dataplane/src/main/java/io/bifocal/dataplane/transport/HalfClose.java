package io.bifocal.dataplane.transport;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The two directions of a connection, which end one by one, whatever its transport socket. */
public final class HalfClose {
  private static final AttributeKey<Directions> OWN =
      AttributeKey.valueOf(HalfClose.class, "directions");

  private HalfClose() {}

  /** Directions that end in a transport socket's own way. */
  public interface Directions {
    /** Tells the peer that no more comes, once all that was flushed is sent. */
    Future<?> endOutput();

    /** Whether the peer has ended its output, and we ours. */
    boolean bothEnded();
  }

  /** For transport sockets: from now on the channel's directions are these. */
  public static void use(Channel channel, Directions own) {
    channel.attr(OWN).set(own);
  }

  /** Ends our output; a failed future where a channel knows no halves. */
  public static Future<?> endOutput(Channel channel) {
    Directions own = own(channel);
    if (own != null) {
      return own.endOutput();
    }
    return channel instanceof DuplexChannel duplex
        ? duplex.shutdownOutput()
        : channel.newFailedFuture(new UnsupportedOperationException("no half-close"));
  }

  /** Whether the peer has ended its output, and we ours. */
  public static boolean bothEnded(Channel channel) {
    Directions own = own(channel);
    if (own != null) {
      return own.bothEnded();
    }
    return channel instanceof DuplexChannel duplex
        && duplex.isInputShutdown()
        && duplex.isOutputShutdown();
  }

  private static @Nullable Directions own(Channel channel) {
    return channel.attr(OWN).get();
  }
}
