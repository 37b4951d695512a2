package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.transport.HalfClose;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One end of a joined pair: what it reads is written to the other, uncopied; it reads only while
 * the other can write. Until it is joined it keeps the little that it is given.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes, and that is heard
final class Relay extends ChannelInboundHandlerAdapter implements End {
  private final Channel channel;
  private final Observer observer;
  private final Queue<ByteBuf> early = new ArrayDeque<>();
  private @Nullable End other;
  private boolean inputEnded;
  private boolean finished;
  private long bytesRead;
  private long bytesPassed;

  /** Hears of one end. */
  interface Observer {
    void onRead(int bytes);

    /** Bytes that it read are on their way to the other end. */
    void onPassed(int bytes);

    /** It stops, or goes on, reading for the other's sake. */
    void onReading(boolean on);

    /** Its input has ended and all of it was passed on. */
    void onFinished();

    /** It was reset, or broke on the way; it is about to be closed. */
    default void onBroken() {}
  }

  /** An end that is not joined. */
  Relay(Channel channel, Observer observer) {
    this.channel = channel;
    this.observer = observer;
  }

  /** Passes on to {@code other} from now on. */
  void joinTo(End other) {
    this.other = other;
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      pass(bytes);
    }
    other.flush();
    if (inputEnded) {
      passEnd();
    } else {
      channel.config().setAutoRead(other.isWritable());
    }
  }

  @Override
  public void write(ByteBuf bytes) {
    channel.write(bytes);
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void read(boolean on) {
    if (!inputEnded && channel.config().isAutoRead() != on) {
      channel.config().setAutoRead(on);
      observer.onReading(on);
    }
  }

  /** Whether nothing more will come this way. */
  boolean finished() {
    return finished;
  }

  /** All that it has read. */
  long bytesRead() {
    return bytesRead;
  }

  /** What of that went on to the other end. */
  long bytesPassed() {
    return bytesPassed;
  }

  /** Closes when all that was written is out. */
  void closeWhenFlushed() {
    whenFlushed(channel::close);
  }

  void whenFlushed(Runnable then) {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(f -> then.run());
  }

  /** Whether something that was written is not out yet. */
  boolean hasPending() {
    var waiting = channel.unsafe().outboundBuffer();
    return waiting != null && !waiting.isEmpty();
  }

  /** Lets go of what was never passed on. */
  void release() {
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      bytes.release();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    bytesRead += bytes.readableBytes();
    observer.onRead(bytes.readableBytes());
    if (other == null) {
      early.add(bytes);
    } else {
      pass(bytes);
    }
  }

  private void pass(ByteBuf bytes) {
    End to = joined();
    bytesPassed += bytes.readableBytes();
    observer.onPassed(bytes.readableBytes());
    to.write(bytes);
    if (!to.isWritable()) {
      read(false);
    }
  }

  private End joined() {
    if (other == null) {
      throw new IllegalStateException("not joined");
    }
    return other;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (other != null) {
      other.flush();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (other != null) {
      other.read(channel.isWritable());
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent && !inputEnded) {
      inputEnded = true;
      if (other != null) {
        passEnd();
      }
    }
  }

  /** Ends the other's output, once it has sent all. */
  private void passEnd() {
    joined().endOutput(this::finish);
  }

  @Override
  public void endOutput(Runnable then) {
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            f -> {
              if (f.isSuccess()) {
                HalfClose.endOutput(channel).addListener(g -> then.run());
              } else {
                then.run();
              }
            });
  }

  private void finish() {
    finished = true;
    observer.onFinished();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    observer.onBroken();
    ctx.close();
  }
}
