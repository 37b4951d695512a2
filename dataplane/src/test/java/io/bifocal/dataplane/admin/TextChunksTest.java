package io.bifocal.dataplane.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TextChunksTest {
  /** A socket whose other end does not read, until it does. */
  private static final class Slow extends ChannelOutboundHandlerAdapter {
    private boolean reading;

    @Override
    public void flush(ChannelHandlerContext ctx) {
      if (reading) {
        ctx.flush();
      }
    }
  }

  private static String received(EmbeddedChannel channel) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (ByteBuf piece = channel.readOutbound(); piece != null; piece = channel.readOutbound()) {
      piece.readBytes(all, piece.readableBytes());
      piece.release();
    }
    return all.toString(UTF_8);
  }

  @Test
  void a_text_is_encoded_only_as_fast_as_the_client_reads() throws IOException {
    String text = "x".repeat(10 << 20);
    ChunkedWriteHandler writer = new ChunkedWriteHandler();
    Slow slow = new Slow();
    EmbeddedChannel channel = new EmbeddedChannel(slow, writer);
    TextChunks chunks =
        new TextChunks(
            List.of(text).iterator(), () -> channel.eventLoop().execute(writer::resumeTransfer));
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(32 << 10, 64 << 10));

    var unused = channel.writeAndFlush(chunks);
    channel.runPendingTasks();
    assertThat(chunks.progress()).isBetween(1L, 1L << 20);

    slow.reading = true;
    StringBuilder all = new StringBuilder();
    while (!chunks.isEndOfInput()) {
      channel.flush();
      channel.runPendingTasks();
      all.append(received(channel));
    }
    channel.flush();
    all.append(received(channel));
    assertThat(all.toString().equals(text)).isTrue();
    channel.finishAndReleaseAll();
  }

  @Test
  void a_character_of_two_halves_is_never_cut() throws IOException {
    for (String before : new String[] {"", "x"}) {
      String text = before + "😀".repeat(20_000);
      EmbeddedChannel channel = new EmbeddedChannel(new ChunkedWriteHandler());
      var unused = channel.writeAndFlush(new TextChunks(List.of(text).iterator(), () -> {}));

      assertThat(received(channel)).isEqualTo(text);
      channel.finishAndReleaseAll();
    }
  }

  @Test
  void an_empty_text_has_no_pieces() {
    assertThat(new TextChunks(List.of("").iterator(), () -> {}).isEndOfInput()).isTrue();
  }

  @Test
  void small_texts_go_out_together_and_are_made_when_the_client_reads() throws IOException {
    int[] made = {0};
    Iterator<String> lines =
        Stream.generate(() -> "line " + made[0]++ + "\n").limit(100_000).iterator();
    TextChunks chunks = new TextChunks(lines, () -> {});
    ByteBuf first = requireNonNull(chunks.readChunk(UnpooledByteBufAllocator.DEFAULT));
    assertThat(first.readableBytes()).isEqualTo(16 << 10);
    assertThat(made[0]).isLessThan(2_500);
    first.release();
  }
}
