package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Address;
import java.util.function.Consumer;

/**
 * One question to one server, and its response. The seam between look-ups and sockets: {@link
 * NettyExchanges} is the real one. Confined to the loop of the look-ups.
 */
interface Exchanges {
  /** Asks. The reply comes on the loop, later, never from within this call, or not at all. */
  Exchange ask(Address.Ip server, Question question, Carrier carrier, Consumer<Reply> reply);

  /** How questions travel. */
  enum Carrier {
    /** UDP; the server may answer at some length (EDNS, RFC 6891). */
    DATAGRAM,
    /** UDP as of old, for servers that do not understand the former. */
    PLAIN_DATAGRAM,
    /** TCP. */
    STREAM
  }

  /** A question on its way. */
  @FunctionalInterface
  interface Exchange {
    /** Closes the socket; no reply comes after this. Harmless afterwards. */
    void cancel();
  }

  /** What came back. */
  sealed interface Reply {
    record Response(Message message) implements Reply {}

    /** The server is not there, or it does not speak DNS. */
    record Unreachable(String reason) implements Reply {}
  }
}
