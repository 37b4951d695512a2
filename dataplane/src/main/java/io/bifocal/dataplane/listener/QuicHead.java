package io.bifocal.dataplane.listener;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Where a packet tells whom it is for (RFC 8999, section 5). */
final class QuicHead {
  private static final int SHORT_ID = 1;
  private static final int LONG_ID = 6;

  private QuicHead() {}

  static boolean isShort(ByteBuf packet) {
    return packet.isReadable() && packet.getByte(packet.readerIndex()) >= 0;
  }

  /** Where an id is that might be one of ours; -1 when there is none. */
  static int idOfOurs(ByteBuf packet) {
    int at = packet.readerIndex() + (isShort(packet) ? SHORT_ID : LONG_ID);
    boolean there = packet.writerIndex() >= at + QuicIds.LENGTH;
    return there && (isShort(packet) || packet.getByte(at - 1) == QuicIds.LENGTH) ? at : -1;
  }

  /** The id in a long head, whoever has made it up; empty when there is none. */
  static ByteBuffer longId(ByteBuf packet) {
    int at = packet.readerIndex() + LONG_ID;
    if (packet.writerIndex() < at) {
      return ByteBuffer.allocate(0);
    }
    byte[] id = new byte[Math.min(packet.getByte(at - 1) & 0xff, packet.writerIndex() - at)];
    packet.getBytes(at, id);
    return ByteBuffer.wrap(id);
  }
}
