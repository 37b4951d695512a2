package io.bifocal.dataplane.listener.initial;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The answer to a client that must prove its address (RFC 9000, section 17.2.5). The library has it
 * only for those who bring no token, and drops what brings another server's, which clients may do
 * (section 8.1.3).
 */
public final class RetryPacket {
  private static final int FIRST = 0xff;

  // RFC 9001, section 5.8: they protect against accidents, not against others.
  private static final byte[] KEY = HexFormat.of().parseHex("be0c690b9f66575a1d766b54e368c84e");
  private static final byte[] NONCE = HexFormat.of().parseHex("461599d35d632bf2239825bb");
  private static final int TAG_BITS = 128;

  private RetryPacket() {}

  /**
   * The answer.
   *
   * @param newId by which the client is to call the server
   * @param newToken that it is to bring
   */
  public static ByteBuf of(InitialPacket asks, ByteBuffer newId, ByteBuf newToken) {
    ByteBuf packet = Unpooled.buffer();
    packet.writeByte(asks.id().readableBytes()).writeBytes(asks.id().slice());
    int begin = packet.writerIndex();
    packet.writeByte(FIRST).writeInt(InitialPacket.VERSION_1);
    packet.writeByte(asks.clientId().readableBytes()).writeBytes(asks.clientId().slice());
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
