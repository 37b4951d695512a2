package io.bifocal.dataplane.listener;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import java.nio.ByteBuffer;

/**
 * The ids by which clients name the connections of one worker that have the same options (RFC 9000,
 * section 5.1). They tell both, so that a datagram finds its connection wherever it comes in: a
 * client's address may change, and the kernel deals by addresses.
 *
 * @param port the worker's place among those that listen
 * @param generation the number of the options
 */
record QuicIds(int port, int generation) implements QuicConnectionIdGenerator {
  /** Of each of them. */
  static final int LENGTH = Quic.MAX_CONN_ID_LEN;

  private static final int PLACE = 2 * Short.BYTES;
  private static final QuicConnectionIdGenerator RANDOM =
      QuicConnectionIdGenerator.randomGenerator();

  /** Whose an id is that was made here. */
  static int port(ByteBuf packet, int at) {
    return packet.getUnsignedShort(at);
  }

  static int generation(ByteBuf packet, int at) {
    return packet.getUnsignedShort(at + Short.BYTES);
  }

  @Override
  public ByteBuffer newId(int length) {
    ByteBuffer id = ByteBuffer.allocate(length);
    return id.putShort((short) port)
        .putShort((short) generation)
        .put(RANDOM.newId(length - PLACE))
        .flip();
  }

  @Override
  public ByteBuffer newId(ByteBuffer input, int length) {
    return newId(length);
  }

  @Override
  public int maxConnectionIdLength() {
    return LENGTH;
  }

  @Override
  public boolean isIdempotent() {
    return false;
  }
}
