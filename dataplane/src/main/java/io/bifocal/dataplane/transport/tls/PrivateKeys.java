package io.bifocal.dataplane.transport.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Reads private keys in PEM, encrypted or not: PKCS #8, and the older forms of RSA and elliptic
 * curve keys.
 */
final class PrivateKeys {
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final byte[] VERSION_0 = Der.encode(Der.INTEGER, new byte[] {0});
  private static final byte[] RSA_ENCRYPTION = { // 1.2.840.113549.1.1.1
    0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 0x01, 0x01, 0x01
  };
  private static final byte[] EC_PUBLIC_KEY = { // 1.2.840.10045.2.1
    0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x02, 0x01
  };

  private PrivateKeys() {}

  /** Why there is no key, as BoringSSL says it. */
  static final class UnusableKeyException extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableKeyException(String reason) {
      super(reason);
    }

    UnusableKeyException(String reason, Throwable cause) {
      super(reason, cause);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /**
   * The first key of the text.
   *
   * @param password used where the key is encrypted
   */
  static PrivateKey parse(String pem, String password) throws UnusableKeyException {
    try {
      for (Pem.Block block : Pem.blocks(pem)) {
        if (block.label().endsWith("PRIVATE KEY")) {
          return parse(block, password);
        }
      }
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw new UnusableKeyException(
          "error:06000066:public key routines:OPENSSL_internal:DECODE_ERROR", e);
    }
    throw new UnusableKeyException("error:0900006e:PEM routines:OPENSSL_internal:NO_START_LINE");
  }

  private static PrivateKey parse(Pem.Block block, String password)
      throws GeneralSecurityException, IOException, UnusableKeyException {
    byte[] content = block.der().toByteArray();
    byte[] der =
        block.encryption().isEmpty()
            ? content
            : OldEncryption.decrypt(content, block.encryption(), password);
    return switch (block.label()) {
      case "PRIVATE KEY" -> decode(new PKCS8EncodedKeySpec(der));
      case "ENCRYPTED PRIVATE KEY" -> decode(decrypt(der, password));
      case "RSA PRIVATE KEY" ->
          decode(
              envelope(
                  Der.encode(
                      Der.SEQUENCE,
                      Der.encode(Der.OBJECT_IDENTIFIER, RSA_ENCRYPTION),
                      Der.encode(Der.NULL)),
                  der));
      case "EC PRIVATE KEY" ->
          decode(
              envelope(
                  Der.encode(
                      Der.SEQUENCE, Der.encode(Der.OBJECT_IDENTIFIER, EC_PUBLIC_KEY), curve(der)),
                  der));
      default -> throw new IllegalArgumentException(block.label());
    };
  }

  private static PKCS8EncodedKeySpec envelope(byte[] algorithm, byte[] key) {
    return new PKCS8EncodedKeySpec(
        Der.encode(Der.SEQUENCE, VERSION_0, algorithm, Der.encode(Der.OCTET_STRING, key)));
  }

  /** The curve that an elliptic curve key names (RFC 5915). */
  private static byte[] curve(byte[] key) {
    byte[] parts = Der.decode(key).get(0).content().toByteArray();
    return Der.decode(parts).stream()
        .filter(value -> value.tag() == Der.CONTEXT_0)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("the key names no curve"))
        .content()
        .toByteArray();
  }

  private static KeySpec decrypt(byte[] der, String password)
      throws IOException, GeneralSecurityException, UnusableKeyException {
    if (password.isEmpty()) {
      throw new UnusableKeyException(
          "error:09000068:PEM routines:OPENSSL_internal:BAD_PASSWORD_READ");
    }
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
    // The parameters of PBES2 are named by what they stand for, e.g. PBEWithHmacSHA256AndAES_256.
    String algorithm =
        info.getAlgName().equals("PBES2") ? info.getAlgParameters().toString() : info.getAlgName();
    SecretKey key =
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec(password.toCharArray()));
    try {
      Cipher cipher = Cipher.getInstance(algorithm);
      cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
      return info.getKeySpec(cipher);
    } catch (InvalidKeySpecException e) {
      throw new UnusableKeyException(
          "error:1e000065:Cipher functions:OPENSSL_internal:BAD_DECRYPT", e);
    }
  }

  private static PrivateKey decode(KeySpec encoded) throws InvalidKeySpecException {
    InvalidKeySpecException last = new InvalidKeySpecException("no algorithm");
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (InvalidKeySpecException e) {
        last = e;
      } catch (GeneralSecurityException e) {
        throw new InvalidKeySpecException(e);
      }
    }
    throw last;
  }
}
