package io.bifocal.dataplane.transport.quic;

import static javax.net.ssl.SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * Tells the library of QUIC that a client's handshake is over. The library looks at that when a
 * datagram has come, but the handshake ends after it, when the client's own last flight is made:
 * requests would wait a round trip for the server's next word. So it gets one datagram more, which
 * nobody can decrypt and which every implementation drops (RFC 9001 section 5.5).
 */
final class HandshakeEnd extends ChannelInboundHandlerAdapter {
  private static final int LONG_HEADER = 0x80;
  private static final int SHORT_HEADER = 0x40;
  private static final int VERSION_ENDS = 5;

  /** A number, and what the sample of header protection and the tag of the cipher ask for. */
  private static final int REST = 4 + 16 + 16;

  private final SSLEngine engine;
  private @Nullable DatagramPacket again; // to the same connection

  HandshakeEnd(SSLEngine engine) {
    this.engine = engine;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (again == null && message instanceof DatagramPacket datagram) {
      again = undecryptable(ctx, datagram);
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.fireChannelReadComplete();
    if (again != null) {
      // The last flight is sent in there, or later where our own certificate is to be found first.
      ctx.executor().execute(() -> look(ctx));
    }
  }

  private void look(ChannelHandlerContext ctx) {
    DatagramPacket one = again;
    if (one != null && engine.getHandshakeStatus() == NOT_HANDSHAKING) {
      again = null;
      ctx.fireChannelRead(one).fireChannelReadComplete();
      ctx.pipeline().remove(this);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (again != null) {
      again.release();
      again = null;
    }
  }

  /** Null where there is no connection's name to be had. */
  private static @Nullable DatagramPacket undecryptable(
      ChannelHandlerContext ctx, DatagramPacket first) {
    ByteBuf came = first.content();
    int from = came.readerIndex();
    if (came.readableBytes() <= VERSION_ENDS || (came.getByte(from) & LONG_HEADER) == 0) {
      return null;
    }
    int length = came.getUnsignedByte(from + VERSION_ENDS);
    if (came.readableBytes() <= VERSION_ENDS + length) {
      return null;
    }
    byte[] name = ByteBufUtil.getBytes(came, from + VERSION_ENDS + 1, length);
    ByteBuf made = ctx.alloc().directBuffer(1 + length + REST);
    made.writeByte(SHORT_HEADER).writeBytes(name).writeZero(REST);
    return new DatagramPacket(made, first.recipient(), first.sender());
  }
}
