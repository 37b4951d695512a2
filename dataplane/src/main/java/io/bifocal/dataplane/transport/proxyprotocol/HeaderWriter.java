package io.bifocal.dataplane.transport.proxyprotocol;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Headers as bytes. */
public final class HeaderWriter {
  private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int TCP_4 = 0x11;
  private static final int TCP_6 = 0x21;
  private static final int TLV_HEAD = 3;
  private static final int MAX_LENGTH = 0xFFFF;

  private HeaderWriter() {}

  /** Version 1; {@code UNKNOWN} for what are not two addresses of one family. */
  public static ByteBuf one(Address source, Address destination) {
    String line = "PROXY UNKNOWN\r\n";
    if (source instanceof Address.Ip from
        && destination instanceof Address.Ip to
        && from.family() == to.family()) {
      line =
          "PROXY %s %s %s %d %d\r\n"
              .formatted(
                  from.family() == Family.V6 ? "TCP6" : "TCP4",
                  InetAddresses.toAddrString(from.ip()),
                  InetAddresses.toAddrString(to.ip()),
                  from.port(),
                  to.port());
    }
    return Unpooled.copiedBuffer(line, StandardCharsets.ISO_8859_1);
  }

  /** Version 2 of a connection that is the proxy's own. */
  public static ByteBuf local() {
    return Unpooled.buffer(16).writeBytes(SIGNATURE).writeByte(LOCAL).writeByte(0).writeShort(0);
  }

  /**
   * Version 2; the proxy's own connection for what are not two addresses of one family.
   *
   * @param tlvs as many of them, from the first, as a header has room for; see {@link #fit}
   */
  public static ByteBuf two(Address source, Address destination, List<Tlv> tlvs) {
    if (!(source instanceof Address.Ip from)
        || !(destination instanceof Address.Ip to)
        || from.family() != to.family()) {
      return local();
    }
    ByteBuf header = Unpooled.buffer();
    header.writeBytes(SIGNATURE).writeByte(PROXY);
    header.writeByte(from.family() == Family.V6 ? TCP_6 : TCP_4);
    int count = fit(from, tlvs);
    int length = addresses(from);
    for (int i = 0; i < count; i++) {
      length += TLV_HEAD + tlvs.get(i).value().size();
    }
    header.writeShort(length);
    header.writeBytes(from.ip().getAddress()).writeBytes(to.ip().getAddress());
    header.writeShort(from.port()).writeShort(to.port());
    for (int i = 0; i < count; i++) {
      Tlv tlv = tlvs.get(i);
      header.writeByte(tlv.type()).writeShort(tlv.value().size());
      header.writeBytes(tlv.value().asReadOnlyByteBuffer());
    }
    return header;
  }

  /** How many of them a header has room for. */
  static int fit(Address source, List<Tlv> tlvs) {
    int length = addresses(source);
    for (int i = 0; i < tlvs.size(); i++) {
      length += TLV_HEAD + tlvs.get(i).value().size();
      if (length > MAX_LENGTH) {
        return i;
      }
    }
    return tlvs.size();
  }

  private static int addresses(Address source) {
    return source.family() == Family.V6 ? 36 : 12;
  }
}
