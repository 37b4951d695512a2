package io.bifocal.dataplane.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Clients who must prove their address. */
class RetryTest {
  private static final InetSocketAddress CLIENT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1234);

  private final VirtualTime time = new VirtualTime();
  private boolean must = true;
  private int asked;
  private final RetryTokens tokens = new RetryTokens(time, () -> must, () -> asked++);

  /** RFC 9001, appendix A.4. */
  @Test
  void theAnswerIsThatOfTheExample() {
    RetryPacket asks =
        Objects.requireNonNull(RetryPacket.of(initial("8394c8f03e515708", "", "aa")));
    ByteBuf answer =
        asks.answer(
            ByteBuffer.wrap(ByteBufUtil.decodeHexDump("f067a5502a4262b5")),
            Unpooled.copiedBuffer("token", StandardCharsets.US_ASCII));
    assertThat(ByteBufUtil.hexDump(answer))
        .isEqualTo("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
  }

  @Test
  void onlyAFirstPacketWithATokenIsAskedAgain() {
    assertThat(RetryPacket.of(initial("01", "02", "03"))).isNotNull();
    assertThat(RetryPacket.of(initial("01", "02", ""))).isNull();
    assertThat(RetryPacket.of(initial("01", "02", "03").setByte(0, 0xe0))).isNull();
    assertThat(RetryPacket.of(initial("01", "02", "03").setInt(1, 2))).isNull();
    for (int length = 0; length < initial("01", "02", "03").readableBytes(); length++) {
      assertThat(RetryPacket.of(initial("01", "02", "03").slice(0, length))).isNull();
    }
  }

  private static ByteBuf initial(String id, String clientId, String token) {
    ByteBuf packet = Unpooled.buffer().writeByte(0xc0).writeInt(1);
    for (String part : new String[] {id, clientId, token}) {
      byte[] bytes = ByteBufUtil.decodeHexDump(part);
      packet.writeByte(bytes.length).writeBytes(bytes);
    }
    return packet;
  }

  @Test
  void aTokenIsGoodForItsClientAndForAWhile() {
    ByteBuf id = Unpooled.copiedBuffer("original", StandardCharsets.US_ASCII);
    ByteBuf token = Unpooled.buffer();
    assertThat(tokens.writeToken(token, id, CLIENT)).isTrue();
    assertThat(asked).isEqualTo(1);

    int at = tokens.validateToken(token.slice(), CLIENT);
    assertThat(token.slice(at, token.readableBytes() - at)).isEqualTo(id);
    assertThat(tokens.validateToken(token.slice(), other(CLIENT))).isEqualTo(-1);
    assertThat(tokens.validateToken(token.slice(0, token.readableBytes() - 1), CLIENT))
        .isEqualTo(-1);
    assertThat(tokens.validateToken(Unpooled.EMPTY_BUFFER, CLIENT)).isEqualTo(-1);

    time.advance(Duration.ofSeconds(31));
    assertThat(tokens.validateToken(token.slice(), CLIENT)).isEqualTo(-1);
  }

  private static InetSocketAddress other(InetSocketAddress client) {
    return new InetSocketAddress(client.getAddress(), client.getPort() + 1);
  }

  @Test
  void nobodyIsAskedWithoutNeed() {
    must = false;
    assertThat(tokens.writeToken(Unpooled.buffer(), Unpooled.EMPTY_BUFFER, CLIENT)).isFalse();
    assertThat(asked).isZero();
  }
}
