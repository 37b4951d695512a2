package io.bifocal.dataplane.listener.initial;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The answer to a client that is to have no connection, so that it need not wait (RFC 9000, section
 * 5.2.2).
 */
public final class RefusalPacket {
  private static final int FIRST = 0xc0; // its number has one byte
  private static final int TWO_BYTES = 0x4000;
  private static final int TAG_LENGTH = 16;
  private static final int CONNECTION_CLOSE = 0x1c;
  private static final int CONNECTION_REFUSED = 2;
  private static final int NO_FRAME = 0;

  private RefusalPacket() {}

  /**
   * The answer.
   *
   * @param reason for people, in a few words
   */
  public static ByteBuf of(InitialPacket asks, String reason) {
    ByteBuf payload = Unpooled.buffer();
    payload.writeByte(CONNECTION_CLOSE).writeByte(CONNECTION_REFUSED).writeByte(NO_FRAME);
    payload.writeByte(reason.length()).writeCharSequence(reason, StandardCharsets.US_ASCII);
    ByteBuf head = Unpooled.buffer();
    head.writeByte(FIRST).writeInt(InitialPacket.VERSION_1);
    head.writeByte(asks.clientId().readableBytes()).writeBytes(asks.clientId().slice());
    head.writeByte(asks.id().readableBytes()).writeBytes(asks.id().slice());
    head.writeByte(0); // no token
    head.writeShort(TWO_BYTES | 1 + payload.readableBytes() + TAG_LENGTH);
    int number = head.writerIndex();
    head.writeByte(0);
    return Unpooled.wrappedBuffer(
        InitialKeys.ofServer(asks.id())
            .seal(ByteBufUtil.getBytes(head), number, ByteBufUtil.getBytes(payload)));
  }
}
