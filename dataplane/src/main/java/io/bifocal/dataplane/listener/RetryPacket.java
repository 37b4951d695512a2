package io.bifocal.dataplane.listener;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A client's first packet that brings a token, and the answer that asks for another one (RFC 9000,
 * sections 8.1.2 and 17.2.5). The library has such an answer only for those who bring none, and
 * drops what brings another server's, which clients may do (section 8.1.3).
 *
 * @param id that the client has made up for the server
 * @param clientId its own
 */
record RetryPacket(ByteBuf id, ByteBuf clientId, ByteBuf token) {
  private static final int VERSION_1 = 1;
  private static final int TYPE = 0x30;
  private static final int RETRY = 0xff;

  // RFC 9001, section 5.8: they protect against accidents, not against others.
  private static final byte[] KEY = HexFormat.of().parseHex("be0c690b9f66575a1d766b54e368c84e");
  private static final byte[] NONCE = HexFormat.of().parseHex("461599d35d632bf2239825bb");
  private static final int TAG_BITS = 128;

  /** Reads such a packet, which keeps its bytes; null when it is another one, or has no token. */
  static @Nullable RetryPacket of(ByteBuf packet) {
    ByteBuf in = packet.slice();
    try {
      if ((in.readByte() & TYPE) != 0 || in.readInt() != VERSION_1) {
        return null;
      }
      ByteBuf id = in.readSlice(in.readUnsignedByte());
      ByteBuf clientId = in.readSlice(in.readUnsignedByte());
      ByteBuf token = in.readSlice(readLength(in));
      return token.isReadable() ? new RetryPacket(id, clientId, token) : null;
    } catch (IndexOutOfBoundsException e) {
      return null; // it is too short
    }
  }

  // RFC 9000, section 16.
  private static int readLength(ByteBuf in) {
    int first = in.readUnsignedByte();
    long value = first & 0x3f;
    for (int more = (1 << (first >> 6)) - 1; more > 0; more--) {
      value = value << 8 | in.readUnsignedByte();
    }
    return (int) Math.min(Integer.MAX_VALUE, value);
  }

  /**
   * The answer.
   *
   * @param newId by which the client is to call the server
   * @param newToken that it is to bring
   */
  ByteBuf answer(ByteBuffer newId, ByteBuf newToken) {
    ByteBuf packet = Unpooled.buffer();
    packet.writeByte(id.readableBytes()).writeBytes(id, id.readerIndex(), id.readableBytes());
    int begin = packet.writerIndex();
    packet.writeByte(RETRY).writeInt(VERSION_1);
    packet.writeByte(clientId.readableBytes());
    packet.writeBytes(clientId, clientId.readerIndex(), clientId.readableBytes());
    packet.writeByte(newId.remaining()).writeBytes(newId.duplicate());
    packet.writeBytes(newToken, newToken.readerIndex(), newToken.readableBytes());
    packet.writeBytes(tag(packet));
    return packet.readerIndex(begin);
  }

  private static byte[] tag(ByteBuf of) {
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE,
          new SecretKeySpec(KEY, "AES"),
          new GCMParameterSpec(TAG_BITS, NONCE));
      cipher.updateAAD(of.nioBuffer());
      return cipher.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
