package io.bifocal.dataplane.transport.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How a TLS client begins.
 *
 * <p>Source: RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3, RFC 7301 section 3.1.
 *
 * @param serverName empty if it asks for none
 * @param applicationProtocols in its order
 * @param asksForStatus whether the status of the server's certificate is wanted with it
 */
public record ClientHello(
    String serverName, List<String> applicationProtocols, boolean asksForStatus) {
  public static final int MAX_BYTES = 64 * 1024;

  private static final int RECORD_HEADER = 5;
  private static final int MAX_RECORD = 16 * 1024;
  private static final int HANDSHAKE_HEADER = 4;
  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int SERVER_NAME = 0;
  private static final int STATUS_REQUEST = 5;
  private static final int ALPN = 16;

  /** What the first bytes of a connection are. */
  public sealed interface Reading {}

  /** A whole one. */
  public record Whole(ClientHello hello) implements Reading {}

  /** The end has not come yet. */
  public record Unfinished() implements Reading {}

  /** Something else. */
  public record Other() implements Reading {}

  /** One that is longer than anybody needs. */
  public record TooLarge() implements Reading {}

  private static final Unfinished UNFINISHED = new Unfinished();
  private static final Other OTHER = new Other();
  private static final TooLarge TOO_LARGE = new TooLarge();

  /** Looks at the readable bytes and leaves them where they are. */
  public static Reading peek(ByteBuf bytes) {
    ByteBuf handshake = Unpooled.buffer(Math.min(bytes.readableBytes(), MAX_BYTES));
    int at = bytes.readerIndex();
    while (true) {
      int left = bytes.writerIndex() - at;
      if ((left > 0 && bytes.getUnsignedByte(at) != HANDSHAKE)
          || (left > 1 && bytes.getUnsignedByte(at + 1) != 3)) {
        return OTHER;
      }
      if (left < RECORD_HEADER) {
        return UNFINISHED;
      }
      int length = bytes.getUnsignedShort(at + 3);
      if (length == 0 || length > MAX_RECORD) {
        return OTHER;
      }
      int there = Math.min(length, left - RECORD_HEADER);
      handshake.writeBytes(bytes, at + RECORD_HEADER, there);
      at += RECORD_HEADER + there;
      Reading reading = peekMessage(handshake);
      if (there < length || !(reading instanceof Unfinished)) {
        return reading;
      }
    }
  }

  /** The same, where it comes without records around it, as in QUIC (RFC 9001, section 4.1.3). */
  public static Reading peekMessage(ByteBuf handshake) {
    if (handshake.readableBytes() < HANDSHAKE_HEADER) {
      return UNFINISHED;
    }
    int at = handshake.readerIndex();
    if (handshake.getUnsignedByte(at) != CLIENT_HELLO) {
      return OTHER;
    }
    int length = handshake.getUnsignedMedium(at + 1);
    if (HANDSHAKE_HEADER + length > MAX_BYTES) {
      return TOO_LARGE;
    }
    return handshake.readableBytes() < HANDSHAKE_HEADER + length
        ? UNFINISHED
        : parse(handshake.slice(at + HANDSHAKE_HEADER, length));
  }

  private static Reading parse(ByteBuf hello) {
    try {
      hello.skipBytes(2 + 32); // version and random
      hello.skipBytes(hello.readUnsignedByte()); // session
      hello.skipBytes(hello.readUnsignedShort()); // ciphers
      hello.skipBytes(hello.readUnsignedByte()); // compression
      return new Whole(
          hello.isReadable() ? extensions(vector(hello)) : new ClientHello("", List.of(), false));
    } catch (IndexOutOfBoundsException e) {
      return OTHER; // lengths that do not fit in each other
    }
  }

  private static ClientHello extensions(ByteBuf extensions) {
    String serverName = "";
    boolean status = false;
    List<String> protocols = new ArrayList<>();
    while (extensions.isReadable()) {
      int type = extensions.readUnsignedShort();
      ByteBuf extension = vector(extensions);
      if (type == SERVER_NAME && extension.isReadable()) {
        ByteBuf names = vector(extension);
        if (names.readUnsignedByte() == 0) {
          serverName = text(vector(names));
        }
      } else if (type == STATUS_REQUEST) {
        status = true;
      } else if (type == ALPN) {
        ByteBuf names = vector(extension);
        while (names.isReadable()) {
          protocols.add(text(names.readSlice(names.readUnsignedByte())));
        }
      }
    }
    return new ClientHello(serverName, List.copyOf(protocols), status);
  }

  /** Bytes with their number, of two bytes, before them. */
  private static ByteBuf vector(ByteBuf in) {
    return in.readSlice(in.readUnsignedShort());
  }

  private static String text(ByteBuf bytes) {
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
