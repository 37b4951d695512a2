package io.bifocal.dataplane.transport.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.ByteString;
import io.bifocal.dataplane.host.Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderWriterTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final Address CLIENT = ip("1.2.3.4", 11);
  private static final Address MEANT = ip("5.6.7.8", 22);

  private static Address ip(String ip, int port) {
    return new Address.Ip(InetAddresses.forString(ip), port);
  }

  private static Tlv tlv(int type, int length) {
    return new Tlv(type, ByteString.copyFrom(new byte[length]));
  }

  private static String text(ByteBuf header) {
    return header.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void version1IsALine() {
    assertThat(text(HeaderWriter.one(CLIENT, MEANT)))
        .isEqualTo("PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n");
    assertThat(text(HeaderWriter.one(ip("2001:db8::1", 1), ip("::1", 65535))))
        .isEqualTo("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
  }

  @Test
  void whatIsNotTwoAddressesOfOneFamilyIsNotSaid() {
    assertThat(text(HeaderWriter.one(CLIENT, ip("::1", 1)))).isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(text(HeaderWriter.one(new Address.Pipe("/p"), MEANT)))
        .isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(HeaderWriter.two(CLIENT, ip("::1", 1), List.of(tlv(1, 1))))
        .isEqualTo(HeaderWriter.local());
    assertThat(ByteBufUtil.hexDump(HeaderWriter.local())).isEqualTo(SIGNATURE + "20000000");
  }

  @Test
  void version2HasTheAddressesAndWhatElseIsKnown() {
    ByteBuf header =
        HeaderWriter.two(CLIENT, MEANT, List.of(new Tlv(0xd0, ByteString.copyFromUtf8("hi"))));
    assertThat(ByteBufUtil.hexDump(header))
        .isEqualTo(SIGNATURE + "21110011" + "0102030405060708000b0016" + "d000026869");
    ByteBuf six = HeaderWriter.two(ip("::1", 1), ip("::2", 2), List.of());
    assertThat(ByteBufUtil.hexDump(six)).startsWith(SIGNATURE + "21210024").hasSize(104);
  }

  @Test
  void asMuchIsSaidAsThereIsRoomFor() {
    int all = 65_535 - 12;
    List<Tlv> fits = List.of(tlv(1, 30_000), tlv(2, all - 30_003 - 3));
    assertThat(HeaderWriter.fit(CLIENT, fits)).isEqualTo(2);
    assertThat(HeaderWriter.two(CLIENT, MEANT, fits).readableBytes()).isEqualTo(16 + 65_535);
    List<Tlv> over = List.of(tlv(1, 30_000), tlv(2, all - 30_003 - 2), tlv(3, 1));
    assertThat(HeaderWriter.fit(CLIENT, over)).isEqualTo(1);
    assertThat(HeaderWriter.two(CLIENT, MEANT, over).readableBytes()).isEqualTo(16 + 12 + 30_003);
  }
}
