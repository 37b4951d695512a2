package io.bifocal.dataplane.listener.initial;

import io.netty.buffer.ByteBuf;

/** Numbers as QUIC writes them (RFC 9000, section 16). */
final class VariableLength {
  private VariableLength() {}

  /** Takes one; what is larger than any packet is the largest there is. */
  static int read(ByteBuf in) {
    int first = in.readUnsignedByte();
    long value = first & 0x3f;
    for (int more = (1 << (first >> 6)) - 1; more > 0; more--) {
      value = value << 8 | in.readUnsignedByte();
    }
    return (int) Math.min(Integer.MAX_VALUE, value);
  }
}
