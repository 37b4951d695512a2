package io.bifocal.dataplane.listener.initial;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.quic.Quic;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A packet of those with which a client begins a connection (RFC 9000, section 17.2.2). Its parts
 * are its datagram's.
 *
 * @param id that the client has made up for the server
 * @param clientId its own
 * @param token that it brings; empty for none
 * @param bytes all of them
 * @param number where in them its number is, from which on it is encrypted
 */
public record InitialPacket(
    ByteBuf id, ByteBuf clientId, ByteBuf token, ByteBuf bytes, int number) {
  static final int VERSION_1 = 1;

  private static final int FORM_AND_TYPE = 0xb0;
  private static final int LONG_INITIAL = 0x80;

  /** The first of a datagram; null when that is another one, or broken. */
  public static @Nullable InitialPacket of(ByteBuf datagram) {
    ByteBuf in = datagram.slice();
    try {
      if ((in.readByte() & FORM_AND_TYPE) != LONG_INITIAL || in.readInt() != VERSION_1) {
        return null;
      }
      ByteBuf id = in.readSlice(in.readUnsignedByte());
      ByteBuf clientId = in.readSlice(in.readUnsignedByte());
      if (Math.max(id.readableBytes(), clientId.readableBytes()) > Quic.MAX_CONN_ID_LEN) {
        return null;
      }
      ByteBuf token = in.readSlice(VariableLength.read(in));
      int length = VariableLength.read(in);
      int number = in.readerIndex();
      return new InitialPacket(
          id, clientId, token, in.skipBytes(length).slice(0, number + length), number);
    } catch (IndexOutOfBoundsException e) {
      return null; // it is too short
    }
  }

  /** By what the client is known before it has a connection: its id for the server. */
  public ByteBuffer name() {
    return ByteBuffer.wrap(ByteBufUtil.getBytes(id));
  }
}
