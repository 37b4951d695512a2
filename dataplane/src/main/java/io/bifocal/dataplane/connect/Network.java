package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;

/**
 * How one socket is connected. The seam between races and the operating system: {@link
 * NettyNetwork} is the real one, {@link ScriptedNetwork} the fake. Confined to one worker's loop.
 */
public interface Network {
  /**
   * Opens a socket of its own, with {@code settings}, and connects it. The answer comes on the
   * loop, later, never from within this call.
   */
  Dial dial(Address address, SocketSettings settings, TransportSocket transport, Answer answer);

  /** A connection in the making. */
  @FunctionalInterface
  interface Dial {
    /** Closes the socket now, if it is not the answer yet; no answer comes after this. */
    void cancel();
  }

  /** How it went; exactly one of the two. */
  interface Answer {
    /** Connected, and the transport socket is ready; {@code autoRead} is off. */
    void connected(Channel channel);

    /** The socket is closed. */
    void failed(ConnectFailure failure);
  }
}
