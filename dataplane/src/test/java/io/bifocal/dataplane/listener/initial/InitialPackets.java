package io.bifocal.dataplane.listener.initial;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** What a client sends first, as in RFC 9001, appendix A.2. */
public final class InitialPackets {
  static final String ID = "8394c8f03e515708";

  /** A hello that asks for example.com. */
  static final ByteBuf HELLO =
      hex(
          "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302"
              + "010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000"
              + "07000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de1"
              + "71fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d"
              + "00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075"
              + "300901100f088394c8f03e51570806048000ffff");

  private static final int NUMBER_LENGTH = 4;
  private static final int TAG_LENGTH = 16;
  private static final int PAYLOAD = 1162;

  private InitialPackets() {}

  static ByteBuf hex(String text) {
    return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(text.replace(" ", "")));
  }

  /** A part of the hello, in a frame. */
  static ByteBuf part(int from, int to) {
    ByteBuf frame = Unpooled.buffer().writeByte(6);
    frame.writeShort(0x4000 | from).writeShort(0x4000 | (to - from));
    return frame.writeBytes(HELLO, from, to - from);
  }

  /** A datagram with such frames. */
  static ByteBuf packet(int number, ByteBuf... frames) {
    ByteBuf payload = Unpooled.wrappedBuffer(frames);
    return sealed(ID, number, Unpooled.buffer(PAYLOAD).writeBytes(payload).writerIndex(PAYLOAD));
  }

  /**
   * The whole hello, of a client of HTTP/3 that would stay for long.
   *
   * @param id by which it calls the server
   */
  public static byte[] hello(byte[] id, byte[] token) {
    String hello =
        ByteBufUtil.hexDump(part(0, HELLO.readableBytes()))
            .replace("04616c706e", "0268330178") // ALPN: h3 and x
            .replace("010480007530", "0104bfffffff"); // how long it may be idle
    return padded(id, token, 0, hex(hello));
  }

  /** What it says when it is no longer interested. */
  public static byte[] farewell(byte[] id, byte[] token) {
    return padded(id, token, 1, hex("1c000000"));
  }

  private static byte[] padded(byte[] id, byte[] token, int number, ByteBuf frame) {
    ByteBuf payload = Unpooled.buffer(PAYLOAD).writeBytes(frame).writerIndex(PAYLOAD);
    // The hello tells of the client's own id.
    return ByteBufUtil.getBytes(
        sealed(ByteBufUtil.hexDump(id), ID, ByteBufUtil.hexDump(token), number, payload));
  }

  static ByteBuf sealed(String id, int number, ByteBuf payload) {
    return sealed(id, "", "", number, payload);
  }

  private static ByteBuf sealed(
      String id, String clientId, String token, int number, ByteBuf payload) {
    ByteBuf head = Unpooled.buffer().writeByte(0xc3).writeInt(1);
    head.writeByte(id.length() / 2).writeBytes(hex(id));
    head.writeByte(clientId.length() / 2).writeBytes(hex(clientId));
    head.writeByte(token.length() / 2).writeBytes(hex(token)); // shorter than 64 bytes
    head.writeShort(0x4000 | (NUMBER_LENGTH + payload.readableBytes() + TAG_LENGTH));
    int at = head.writerIndex();
    head.writeInt(number);
    return Unpooled.wrappedBuffer(
        InitialKeys.ofClient(hex(id))
            .seal(ByteBufUtil.getBytes(head), at, ByteBufUtil.getBytes(payload)));
  }
}
