package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.tls.PrivateKeys.UnusableKeyException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Private keys that are encrypted as PEM has it (RFC 1421, section 4.6.1.3), with the key that
 * OpenSSL makes of a password. Weak, and what many old files are.
 */
final class OldEncryption {
  private static final int SALT_BYTES = 8;

  private record Algorithm(String name, int keyBytes) {}

  private static final Map<String, Algorithm> ALGORITHMS =
      Map.of(
          "AES-128-CBC", new Algorithm("AES", 16),
          "AES-192-CBC", new Algorithm("AES", 24),
          "AES-256-CBC", new Algorithm("AES", 32),
          "DES-CBC", new Algorithm("DES", 8),
          "DES-EDE3-CBC", new Algorithm("DESede", 24));

  private OldEncryption() {}

  /**
   * The key in the clear.
   *
   * @param info what the header says: an algorithm and, after a comma, where it begins
   * @throws UnusableKeyException in BoringSSL's words
   */
  static byte[] decrypt(byte[] content, String info, String password)
      throws UnusableKeyException, GeneralSecurityException {
    String[] parts = info.split(",", 2);
    Algorithm algorithm = ALGORITHMS.get(parts[0]);
    if (algorithm == null || parts.length < 2) {
      throw new UnusableKeyException(
          "error:09000072:PEM routines:OPENSSL_internal:UNSUPPORTED_ENCRYPTION");
    }
    if (password.isEmpty()) {
      throw new UnusableKeyException(
          "error:09000068:PEM routines:OPENSSL_internal:BAD_PASSWORD_READ");
    }
    byte[] start = HexFormat.of().parseHex(parts[1]);
    byte[] key = key(password.getBytes(StandardCharsets.UTF_8), start, algorithm.keyBytes());
    Cipher cipher = Cipher.getInstance(algorithm.name() + "/CBC/PKCS5Padding");
    cipher.init(
        Cipher.DECRYPT_MODE, new SecretKeySpec(key, algorithm.name()), new IvParameterSpec(start));
    try {
      return cipher.doFinal(content);
    } catch (BadPaddingException e) {
      throw new UnusableKeyException(
          "error:1e000065:Cipher functions:OPENSSL_internal:BAD_DECRYPT", e);
    }
  }

  private static byte[] key(byte[] password, byte[] start, int bytes)
      throws GeneralSecurityException {
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    byte[] key = new byte[bytes];
    int made = 0;
    while (made < bytes) {
      md5.update(password);
      byte[] next = md5.digest(Arrays.copyOf(start, SALT_BYTES));
      System.arraycopy(next, 0, key, made, Math.min(next.length, bytes - made));
      made += next.length;
      md5.update(next);
    }
    return key;
  }
}
