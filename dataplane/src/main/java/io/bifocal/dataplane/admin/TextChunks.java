package io.bifocal.dataplane.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.stream.ChunkedInput;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** A text on its way out, made and encoded piece by piece, as fast as the client reads. */
final class TextChunks implements ChunkedInput<ByteBuf> {
  /** Characters that go out together. */
  private static final int PIECE = 16 << 10;

  /** Pieces in a row; then others have their turn. */
  private static final int TURN = 32;

  private final Iterator<? extends CharSequence> texts;
  private final Runnable resume;
  private CharSequence text = "";
  private int at;
  private long progress;
  private int turn;

  /**
   * A text.
   *
   * @param resume asks for the next turn of the transfer, in a while
   */
  TextChunks(Iterator<? extends CharSequence> texts, Runnable resume) {
    this.texts = texts;
    this.resume = resume;
    advance();
  }

  /** To the next text that has something to say, if this one is said. */
  private void advance() {
    while (at == text.length() && texts.hasNext()) {
      text = texts.next();
      at = 0;
    }
  }

  @Override
  public boolean isEndOfInput() {
    return at == text.length();
  }

  @Override
  @Deprecated
  @SuppressWarnings("InlineMeSuggester") // the interface still asks for it
  public @Nullable ByteBuf readChunk(ChannelHandlerContext ctx) {
    return readChunk(ctx.alloc());
  }

  @Override
  public @Nullable ByteBuf readChunk(ByteBufAllocator allocator) {
    if (turn++ == TURN) {
      turn = 0;
      resume.run();
      return null;
    }
    ByteBuf piece = allocator.buffer(PIECE);
    int left = PIECE;
    while (left > 0 && !isEndOfInput()) {
      int end = Math.min(text.length(), at + left);
      if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
        end++;
      }
      ByteBufUtil.writeUtf8(piece, text, at, end);
      left -= end - at;
      progress += end - at;
      at = end;
      advance();
    }
    return piece;
  }

  @Override
  public long length() {
    return -1;
  }

  @Override
  public long progress() {
    return progress;
  }

  @Override
  public void close() {}
}
