package io.bifocal.dataplane.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What clients bring who must prove their address. */
class RetryTokensTest {
  private static final InetSocketAddress CLIENT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1234);

  private final VirtualTime time = new VirtualTime();
  private final RetryTokens tokens = new RetryTokens(time);

  @Test
  void aTokenIsGoodForItsClientAndForAWhile() {
    ByteBuf id = Unpooled.copiedBuffer("original", StandardCharsets.US_ASCII);
    ByteBuf token = Unpooled.buffer();
    tokens.write(token, id, CLIENT);

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
}
