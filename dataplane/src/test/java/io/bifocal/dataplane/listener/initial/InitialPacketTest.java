package io.bifocal.dataplane.listener.initial;

import static io.bifocal.dataplane.listener.initial.InitialPackets.HELLO;
import static io.bifocal.dataplane.listener.initial.InitialPackets.ID;
import static io.bifocal.dataplane.listener.initial.InitialPackets.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Packets, their protection, and what is answered. */
class InitialPacketTest {
  /** RFC 9001, appendix A.2. */
  @Test
  void aClientIsReadAsInTheExample() {
    ByteBuf payload = Unpooled.buffer(1162).writeBytes(hex("060040f1")).writeBytes(HELLO.slice());
    ByteBuf packet = InitialPackets.sealed(ID, 2, payload.writerIndex(1162));
    assertThat(ByteBufUtil.hexDump(packet))
        .startsWith("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b")
        .endsWith("e221af44860018ab0856972e194cd934");

    InitialPacket read = Objects.requireNonNull(InitialPacket.of(packet));
    assertThat(ByteBufUtil.hexDump(read.id())).isEqualTo(ID);
    assertThat(read.bytes()).isEqualTo(packet);
    assertThat(InitialKeys.ofClient(read.id()).open(read.bytes(), read.number()))
        .isEqualTo(payload.array());
  }

  /** RFC 9001, appendix A.3. */
  @Test
  void aServerSpeaksAsInTheExample() {
    String payload =
        "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a04"
            + "5a1200130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bc"
            + "f32bb9da1a002b00020304";
    byte[] packet =
        InitialKeys.ofServer(hex(ID))
            .seal(
                ByteBufUtil.decodeHexDump("c1000000010008f067a5502a4262b50040750001"),
                18,
                ByteBufUtil.decodeHexDump(payload));
    assertThat(ByteBufUtil.hexDump(packet))
        .isEqualTo(
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c6979"
                + "7554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc"
                + "3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cb"
                + "c42158407dd074ee");
  }

  /** RFC 9001, appendix A.4. */
  @Test
  void whoMustProveItsAddressIsAnsweredAsInTheExample() {
    ByteBuf answer =
        RetryPacket.of(
            Objects.requireNonNull(InitialPacket.of(initial(ID, "", "aa"))),
            ByteBuffer.wrap(ByteBufUtil.decodeHexDump("f067a5502a4262b5")),
            Unpooled.copiedBuffer("token", StandardCharsets.US_ASCII));
    assertThat(ByteBufUtil.hexDump(answer))
        .isEqualTo("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
  }

  @Test
  void whoIsRefusedHearsWhy() {
    InitialPacket asks = Objects.requireNonNull(InitialPacket.of(initial(ID, "0a0b", "")));
    ByteBuf answer = RefusalPacket.of(asks, "none");
    InitialPacket read = Objects.requireNonNull(InitialPacket.of(answer));
    assertThat(read.bytes()).isEqualTo(answer);
    assertThat(ByteBufUtil.hexDump(read.id())).isEqualTo("0a0b");
    assertThat(ByteBufUtil.hexDump(read.clientId())).isEqualTo(ID);
    assertThat(InitialKeys.ofServer(hex(ID)).open(answer, read.number()))
        .isEqualTo(ByteBufUtil.decodeHexDump("1c0200046e6f6e65"));
  }

  @Test
  void otherPacketsAreNone() {
    ByteBuf good = initial(ID, "02", "03");
    assertThat(InitialPacket.of(good)).isNotNull();
    assertThat(InitialPacket.of(good.copy().setByte(0, 0xe0))).isNull(); // Handshake
    assertThat(InitialPacket.of(good.copy().setByte(0, 0x40))).isNull(); // a short head
    assertThat(InitialPacket.of(good.copy().setInt(1, 2))).isNull();
    assertThat(InitialPacket.of(initial("00".repeat(21), "02", ""))).isNull();
    for (int length = 0; length < good.readableBytes(); length++) {
      assertThat(InitialPacket.of(good.slice(0, length))).isNull();
    }
  }

  private static ByteBuf initial(String id, String clientId, String token) {
    ByteBuf packet = Unpooled.buffer().writeByte(0xc0).writeInt(1);
    for (String part : new String[] {id, clientId, token, "010203"}) {
      byte[] bytes = ByteBufUtil.decodeHexDump(part);
      packet.writeByte(bytes.length).writeBytes(bytes);
    }
    return packet;
  }

  @Test
  void whatIsBrokenIsNotOpened() {
    ByteBuf packet = InitialPackets.packet(0, InitialPackets.part(0, 10));
    int last = packet.readableBytes() - 1;
    packet.setByte(last, packet.getByte(last) ^ 1);
    InitialPacket read = Objects.requireNonNull(InitialPacket.of(packet));
    assertThat(InitialKeys.ofClient(read.id()).open(read.bytes(), read.number())).isNull();
    InitialPacket tiny = Objects.requireNonNull(InitialPacket.of(initial(ID, "", "")));
    assertThat(InitialKeys.ofClient(tiny.id()).open(tiny.bytes(), tiny.number())).isNull();
  }
}
