package io.bifocal.dataplane.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.stream.ChunkedInput;

/** A text on its way out, encoded piece by piece, as fast as the client reads. */
final class TextChunks implements ChunkedInput<ByteBuf> {
  /** Characters in a piece. */
  private static final int PIECE = 16 << 10;

  private final CharSequence text;
  private int at;

  TextChunks(CharSequence text) {
    this.text = text;
  }

  @Override
  public boolean isEndOfInput() {
    return at >= text.length();
  }

  @Override
  @Deprecated
  @SuppressWarnings("InlineMeSuggester") // the interface still asks for it
  public ByteBuf readChunk(ChannelHandlerContext ctx) {
    return readChunk(ctx.alloc());
  }

  @Override
  public ByteBuf readChunk(ByteBufAllocator allocator) {
    int end = Math.min(text.length(), at + PIECE);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end++;
    }
    ByteBuf piece = allocator.buffer(ByteBufUtil.utf8MaxBytes(end - at));
    ByteBufUtil.writeUtf8(piece, text, at, end);
    at = end;
    return piece;
  }

  @Override
  public long length() {
    return -1;
  }

  @Override
  public long progress() {
    return at;
  }

  @Override
  public void close() {}
}
