package io.bifocal.dataplane.listener.filter;

import io.bifocal.dataplane.listener.filter.ListenerFilter.Verdict;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Leads one connection through the listener filters: the first handler on its channel, which reads
 * only as long as one of them wants more. What they have looked at it hands back.
 */
public final class Inspection extends ChannelInboundHandlerAdapter {
  private final ListenerFilters filters;
  private final AcceptedConnection connection;
  private final Worker worker;
  private final Outcome outcome;
  private final Iterator<ListenerFilters.Entry> left;
  private @Nullable ListenerFilter current;
  private ByteBuf bytes;
  private Loop.@Nullable Timer timer;
  private boolean waited;
  private boolean over;

  /** Hears how it ends, once; the handler is gone from the channel then. */
  public interface Outcome {
    /**
     * A filter chain can be chosen.
     *
     * @param read what came after all that filters took, for who comes next; to be released
     */
    void onDone(ByteBuf read);

    /** A filter wants the connection closed. */
    void onRefused();

    /** The client has gone. */
    void onRemoteClose();

    /**
     * They took too long.
     *
     * @param goesOn whether {@link #onDone} follows; if not, the connection is to be closed
     */
    void onTimeout(boolean goesOn);
  }

  /**
   * @param bytes what was read already; it is taken over
   */
  public Inspection(
      ListenerFilters filters,
      AcceptedConnection connection,
      Worker worker,
      ByteBuf bytes,
      Outcome outcome) {
    this.filters = filters;
    this.connection = connection;
    this.worker = worker;
    this.bytes = bytes;
    this.outcome = outcome;
    this.left = filters.on(worker).iterator();
  }

  /** Begins; the outcome may be heard within this call. */
  public void begin() {
    if (!proceed()) {
      waited = true;
      connection.channel().pipeline().addFirst(this);
      if (!filters.timeout().isZero()) {
        timer = worker.loop().schedule(filters.timeout(), this::late);
      }
      connection.channel().read();
    }
  }

  /** Whether it had to wait for the client. */
  public boolean waited() {
    return waited;
  }

  /** Goes on as far as it can; whether it is over. */
  private boolean proceed() {
    while (true) {
      Verdict verdict = current == null ? Verdict.CONTINUE : look(current);
      if (verdict == Verdict.MORE) {
        return false;
      }
      if (verdict == Verdict.CONTINUE) {
        verdict = next();
      }
      if (verdict == Verdict.MORE) {
        continue; // it may have all that it wants already
      }
      end();
      if (verdict == Verdict.CLOSE) {
        bytes.release();
        outcome.onRefused();
      } else {
        outcome.onDone(bytes);
      }
      return true;
    }
  }

  private Verdict look(ListenerFilter filter) {
    return bytes.isReadable() ? filter.onData(bytes, connection) : Verdict.MORE;
  }

  /** Enters the filters that follow, up to one that does not let the connection go on at once. */
  private Verdict next() {
    while (left.hasNext()) {
      ListenerFilters.Entry entry = left.next();
      if (entry.disabled().holds(connection)) {
        continue;
      }
      ListenerFilter filter = entry.filter().get();
      Verdict verdict = filter.onAccept(connection);
      if (verdict != Verdict.CONTINUE) {
        current = filter;
        return verdict;
      }
    }
    return Verdict.CONTINUE;
  }

  private void late() {
    if (!over) {
      end();
      outcome.onTimeout(filters.goOn());
      if (filters.goOn()) {
        outcome.onDone(bytes);
      } else {
        bytes.release();
      }
    }
  }

  private void end() {
    over = true;
    if (timer != null) {
      timer.cancel();
    }
    if (connection.channel().pipeline().context(this) != null) {
      connection.channel().pipeline().remove(this);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    // Nobody else is there yet to hear of it; who comes is told.
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf more = (ByteBuf) message;
    bytes = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), bytes, more);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!over && !proceed()) {
      ctx.read();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!over) {
      end();
      bytes.release();
      outcome.onRemoteClose();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var unused = ctx.close();
  }
}
