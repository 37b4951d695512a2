package io.bifocal.dataplane.listener.filter;

import com.google.common.net.InetAddresses;
import com.google.protobuf.ByteString;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.proxyprotocol.Tlv;
import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy says of the client behind it.
 *
 * <p>Source: HAProxy's PROXY protocol, versions 1 and 2.
 *
 * @param version 1 or 2
 * @param length in bytes
 * @param source the client; null when the proxy speaks for itself, or does not say
 * @param destination whom the client meant; null with the source
 */
record ProxyHeader(
    int version,
    int length,
    @Nullable Address source,
    @Nullable Address destination,
    List<Tlv> tlvs) {
  static final byte[] SIGNATURE_1 = "PROXY ".getBytes(StandardCharsets.ISO_8859_1);
  static final byte[] SIGNATURE_2 = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
  private static final int MAX_LENGTH_1 = 108;
  private static final int HEADER_2 = 16;
  private static final int LOCAL = 0;
  private static final int PROXY = 1;
  private static final int TCP_4 = 0x11;
  private static final int TCP_6 = 0x21;
  private static final int UDP_4 = 0x12;
  private static final int UDP_6 = 0x22;

  /** What the first bytes of a connection are. */
  sealed interface Reading {}

  /** A whole header. */
  record Whole(ProxyHeader header) implements Reading {}

  /** The end has not come yet. */
  record Unfinished() implements Reading {}

  /** No header, of neither version. */
  record Absent() implements Reading {}

  /** The beginning of one that cannot be read. */
  record Broken(int version) implements Reading {}

  private static final Unfinished UNFINISHED = new Unfinished();
  private static final Absent ABSENT = new Absent();

  /** Looks at the readable bytes and leaves them where they are. */
  static Reading peek(ByteBuf bytes) {
    if (begins(bytes, SIGNATURE_2)) {
      return bytes.readableBytes() < HEADER_2 ? UNFINISHED : two(bytes);
    }
    if (begins(bytes, SIGNATURE_1)) {
      return bytes.readableBytes() < SIGNATURE_1.length ? UNFINISHED : one(bytes);
    }
    return ABSENT;
  }

  /** Whether the bytes that are there are those of a signature. */
  private static boolean begins(ByteBuf bytes, byte[] signature) {
    int most = Math.min(bytes.readableBytes(), signature.length);
    for (int i = 0; i < most; i++) {
      if (bytes.getByte(bytes.readerIndex() + i) != signature[i]) {
        return false;
      }
    }
    return true;
  }

  // ---- version 1: a line of text

  private static Reading one(ByteBuf bytes) {
    int most = Math.min(bytes.readableBytes(), MAX_LENGTH_1);
    String text = bytes.toString(bytes.readerIndex(), most, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n");
    if (end < 0) {
      return most < MAX_LENGTH_1 ? UNFINISHED : ABSENT;
    }
    String[] words = text.substring(0, end).split(" ", -1);
    if (words[1].equals("UNKNOWN")) {
      return new Whole(new ProxyHeader(1, end + 2, null, null, List.of()));
    }
    boolean v6 = words[1].equals("TCP6");
    if (words.length != 6 || !(v6 || words[1].equals("TCP4"))) {
      return new Broken(1);
    }
    Address source = address(words[2], words[4], v6);
    Address destination = address(words[3], words[5], v6);
    return source == null || destination == null
        ? new Broken(1)
        : new Whole(new ProxyHeader(1, end + 2, source, destination, List.of()));
  }

  private static @Nullable Address address(String ip, String port, boolean v6) {
    if (!InetAddresses.isInetAddress(ip) || !port.matches("[0-9]{1,5}")) {
      return null;
    }
    InetAddress address = InetAddresses.forString(ip);
    int number = Integer.parseInt(port);
    boolean right = v6 ? ip.indexOf(':') >= 0 : address instanceof Inet4Address;
    return right && number < 1 << 16 ? new Address.Ip(address, number) : null;
  }

  // ---- version 2: binary

  private static Reading two(ByteBuf bytes) {
    int start = bytes.readerIndex();
    int version = bytes.getUnsignedByte(start + 12) >> 4;
    int command = bytes.getUnsignedByte(start + 12) & 0xF;
    int family = bytes.getUnsignedByte(start + 13);
    int length = bytes.getUnsignedShort(start + 14);
    if (version != 2 || command > PROXY) {
      return new Broken(2);
    }
    if (bytes.readableBytes() < HEADER_2 + length) {
      return UNFINISHED;
    }
    ByteBuf rest = bytes.slice(start + HEADER_2, length);
    try {
      if (command == LOCAL) {
        return whole(length, null, null, List.of());
      }
      return switch (family) {
        case TCP_4, UDP_4 -> proxied(rest, 4, length);
        case TCP_6, UDP_6 -> proxied(rest, 16, length);
        default -> new Broken(2); // pipes, and what does not say
      };
    } catch (IndexOutOfBoundsException e) {
      return new Broken(2);
    }
  }

  private static Reading proxied(ByteBuf rest, int bytes, int length) {
    InetAddress source = ip(rest, bytes);
    InetAddress destination = ip(rest, bytes);
    Address from = new Address.Ip(source, rest.readUnsignedShort());
    Address to = new Address.Ip(destination, rest.readUnsignedShort());
    List<Tlv> tlvs = new ArrayList<>();
    while (rest.isReadable()) {
      int type = rest.readUnsignedByte();
      byte[] value = new byte[rest.readUnsignedShort()];
      rest.readBytes(value);
      tlvs.add(new Tlv(type, ByteString.copyFrom(value)));
    }
    return whole(length, from, to, tlvs);
  }

  private static Reading whole(
      int length, @Nullable Address source, @Nullable Address destination, List<Tlv> tlvs) {
    return new Whole(new ProxyHeader(2, HEADER_2 + length, source, destination, tlvs));
  }

  private static InetAddress ip(ByteBuf in, int bytes) {
    byte[] address = new byte[bytes];
    in.readBytes(address);
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e); // only of another length
    }
  }
}
