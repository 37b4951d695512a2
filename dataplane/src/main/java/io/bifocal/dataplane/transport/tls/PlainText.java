package io.bifocal.dataplane.transport.tls;

import com.google.common.collect.ImmutableList;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.NotSslRecordException;

/** What a peer says that speaks no TLS where it should, and what it is told. */
enum PlainText {
  HTTP("GET ", "POST ", "HEAD ", "PUT "),
  HTTP_CONNECT("CONNE"),
  OTHER;

  private static final int RECORD_OVERFLOW = 22;
  private static final int PROTOCOL_VERSION = 70;

  private final ImmutableList<String> beginnings;

  PlainText(String... beginnings) {
    this.beginnings = ImmutableList.copyOf(beginnings);
  }

  /** What begins like this, as BoringSSL knows it. */
  static PlainText of(String first) {
    for (PlainText known : values()) {
      for (String beginning : known.beginnings) {
        if (first.startsWith(beginning)) {
          return known;
        }
      }
    }
    return OTHER;
  }

  /**
   * Tells a peer what its first bytes should have been, as BoringSSL does where it is asked: Netty
   * finds such bytes before the library does.
   *
   * @param tls where the connection's TLS is
   * @param first the peer's first bytes, as far as they are known
   */
  static void answer(ChannelHandlerContext tls, Throwable failure, String first) {
    if (failure instanceof NotSslRecordException && of(first) == OTHER) {
      alert(tls, PROTOCOL_VERSION);
    } else if (TlsErrors.isTooLong(failure)) {
      alert(tls, RECORD_OVERFLOW);
    }
  }

  /** A record in plain text (RFC 8446, section 6): there are no keys yet. */
  private static void alert(ChannelHandlerContext tls, int description) {
    var unused =
        tls.writeAndFlush(
            tls.alloc().buffer().writeBytes(new byte[] {0x15, 3, 1, 0, 2, 2, (byte) description}));
  }
}
