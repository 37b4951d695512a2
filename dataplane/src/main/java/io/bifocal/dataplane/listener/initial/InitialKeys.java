package io.bifocal.dataplane.listener.initial;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one side's Initial packets, which whoever sees the client's first one can have: they
 * protect against accidents, not against others. Source: RFC 9001, sections 5.1 to 5.4.
 */
final class InitialKeys {
  private static final byte[] SALT =
      HexFormat.of().parseHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
  private static final String HASH = "HmacSHA256";
  private static final int HASH_LENGTH = 32;
  private static final int KEY_LENGTH = 16;
  private static final int NONCE_LENGTH = 12;
  private static final int TAG_LENGTH = 16;
  private static final int LONGEST_NUMBER = 4;

  private final SecretKeySpec key;
  private final byte[] iv;
  private final Cipher head;

  private InitialKeys(ByteBuf id, String side) throws GeneralSecurityException {
    byte[] secret = expand(mac(SALT, ByteBufUtil.getBytes(id)), side, HASH_LENGTH);
    key = new SecretKeySpec(expand(secret, "quic key", KEY_LENGTH), "AES");
    iv = expand(secret, "quic iv", NONCE_LENGTH);
    head = Cipher.getInstance("AES/ECB/NoPadding");
    head.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(expand(secret, "quic hp", KEY_LENGTH), "AES"));
  }

  /** Of a client, by the id in its first packet. */
  static InitialKeys ofClient(ByteBuf id) {
    return of(id, "client in");
  }

  /** Of the server that it speaks to. */
  static InitialKeys ofServer(ByteBuf id) {
    return of(id, "server in");
  }

  private static InitialKeys of(ByteBuf id, String side) {
    try {
      return new InitialKeys(id, side);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] mac(byte[] key, byte[] data) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(HASH);
    mac.init(new SecretKeySpec(key, HASH));
    return mac.doFinal(data);
  }

  // HKDF-Expand-Label of RFC 8446, section 7.1, without a context, and with one block at most.
  private static byte[] expand(byte[] secret, String label, int length)
      throws GeneralSecurityException {
    byte[] full = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
    byte[] info =
        ByteBuffer.allocate(Short.BYTES + 1 + full.length + 2)
            .putShort((short) length)
            .put((byte) full.length)
            .put(full)
            .put((byte) 0)
            .put((byte) 1)
            .array();
    return Arrays.copyOf(mac(secret, info), length);
  }

  /** What is in a packet; null when its keys are others, or it is broken. */
  byte @Nullable [] open(ByteBuf packet, int number) {
    byte[] bytes = ByteBufUtil.getBytes(packet);
    if (bytes.length < number + LONGEST_NUMBER + TAG_LENGTH) {
      return null;
    }
    try {
      byte[] mask = mask(bytes, number);
      bytes[0] ^= (byte) (mask[0] & 0x0f);
      int payload = number + numberLength(bytes);
      protect(bytes, mask, number, payload);
      return cipher(Cipher.DECRYPT_MODE, bytes, number, payload)
          .doFinal(bytes, payload, bytes.length - payload);
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A packet.
   *
   * @param clear its head, with its number at the end
   * @param number where that is
   * @param payload three bytes or more
   */
  byte[] seal(byte[] clear, int number, byte[] payload) {
    try {
      byte[] packet = Arrays.copyOf(clear, clear.length + payload.length + TAG_LENGTH);
      cipher(Cipher.ENCRYPT_MODE, packet, number, clear.length)
          .doFinal(payload, 0, payload.length, packet, clear.length);
      byte[] mask = mask(packet, number);
      packet[0] ^= (byte) (mask[0] & 0x0f);
      protect(packet, mask, number, clear.length);
      return packet;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many bytes a packet's number has whose first byte is clear. */
  private static int numberLength(byte[] packet) {
    return (packet[0] & 0x03) + 1;
  }

  private byte[] mask(byte[] packet, int number) throws GeneralSecurityException {
    return head.doFinal(packet, number + LONGEST_NUMBER, KEY_LENGTH);
  }

  private static void protect(byte[] packet, byte[] mask, int number, int payload) {
    for (int i = number; i < payload; i++) {
      packet[i] ^= mask[1 + i - number];
    }
  }

  // While nothing is acknowledged, a number is written in full (RFC 9000, section 17.1).
  private Cipher cipher(int mode, byte[] packet, int number, int payload)
      throws GeneralSecurityException {
    byte[] nonce = iv.clone();
    for (int i = number; i < payload; i++) {
      nonce[NONCE_LENGTH - payload + i] ^= packet[i];
    }
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce));
    cipher.updateAAD(packet, 0, payload);
    return cipher;
  }
}
