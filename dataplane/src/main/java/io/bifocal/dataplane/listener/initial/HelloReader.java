package io.bifocal.dataplane.listener.initial;

import io.bifocal.dataplane.transport.tls.ClientHello;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.BitSet;

/**
 * One client's hello, out of the Initial packets that have parts of it, in whichever order they
 * come (RFC 9000, section 19.6). What is none of its packets is passed over.
 */
final class HelloReader {
  /** No library that serves takes a longer one. */
  private static final int MOST = 16 * 1024;

  private static final int PADDING = 0;
  private static final int PING = 1;
  private static final int ACK = 2;
  private static final int ACK_WITH_ECN = 3;
  private static final int CRYPTO = 6;

  private final ByteBuf id;
  private final InitialKeys keys;
  private final ByteBuf bytes = Unpooled.buffer();
  private final BitSet there = new BitSet();

  /** Of the client that has made up such an id. */
  HelloReader(ByteBuf id) {
    this.id = Unpooled.copiedBuffer(id);
    this.keys = InitialKeys.ofClient(id);
  }

  /** How many bytes of it have come. */
  int size() {
    return there.cardinality();
  }

  /** Looks into another datagram. */
  ClientHello.Reading add(ByteBuf datagram) {
    ByteBuf rest = datagram.slice();
    try {
      for (InitialPacket packet = InitialPacket.of(rest);
          packet != null && packet.id().equals(id);
          packet = InitialPacket.of(rest)) {
        byte[] payload = keys.open(packet.bytes(), packet.number());
        if (payload != null && !addFrames(Unpooled.wrappedBuffer(payload))) {
          return new ClientHello.Other();
        }
        rest.skipBytes(packet.bytes().readableBytes());
      }
    } catch (IndexOutOfBoundsException e) {
      return new ClientHello.Other(); // lengths that do not fit in each other
    }
    return ClientHello.peekMessage(bytes.slice(0, there.nextClearBit(0)));
  }

  /** False when there are others than a client has to begin with. */
  private boolean addFrames(ByteBuf frames) {
    while (frames.isReadable()) {
      switch (VariableLength.read(frames)) {
        case PADDING, PING -> {}
        case ACK -> skipAck(frames, 0);
        case ACK_WITH_ECN -> skipAck(frames, 3);
        case CRYPTO -> {
          if (!addPart(frames)) {
            return false;
          }
        }
        default -> {
          return false;
        }
      }
    }
    return true;
  }

  private static void skipAck(ByteBuf frame, int more) {
    VariableLength.read(frame); // the largest
    VariableLength.read(frame); // the delay
    int ranges = VariableLength.read(frame);
    VariableLength.read(frame); // the first range
    for (long left = 2L * ranges + more; left > 0; left--) {
      VariableLength.read(frame);
    }
  }

  private boolean addPart(ByteBuf frame) {
    int offset = VariableLength.read(frame);
    ByteBuf part = frame.readSlice(VariableLength.read(frame));
    int end = offset + part.readableBytes();
    if (offset > MOST || end > MOST) {
      return false;
    }
    bytes.ensureWritable(Math.max(0, end - bytes.writerIndex()));
    bytes.setBytes(offset, part);
    bytes.writerIndex(Math.max(bytes.writerIndex(), end));
    there.set(offset, end);
    return true;
  }
}
