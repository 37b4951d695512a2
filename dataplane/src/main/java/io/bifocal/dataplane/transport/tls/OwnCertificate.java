package io.bifocal.dataplane.transport.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What we prove who we are with.
 *
 * @param chain our own certificate first
 */
public record OwnCertificate(List<X509Certificate> chain, PrivateKey key) {
  public OwnCertificate {
    chain = List.copyOf(chain);
  }

  /** Whether the key is that of the certificate. */
  boolean matches() {
    PublicKey publicKey = chain.get(0).getPublicKey();
    try {
      Signature signature = Signature.getInstance(algorithm(key.getAlgorithm()));
      byte[] anything = {1, 2, 3};
      signature.initSign(key);
      signature.update(anything);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(anything);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static String algorithm(String key) {
    return switch (key) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> key;
    };
  }

  @Override
  public String toString() { // without the key
    return "OwnCertificate[" + chain.get(0).getSubjectX500Principal() + "]";
  }
}
