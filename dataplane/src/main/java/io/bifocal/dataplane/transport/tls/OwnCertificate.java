package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What we prove who we are with.
 *
 * @param chain our own certificate first
 * @param source where it was read, as it is told of
 * @param name what statistics call it
 * @param staple what the authority says of its status (OCSP); empty for nothing
 */
public record OwnCertificate(
    List<X509Certificate> chain, PrivateKey key, String source, String name, ByteString staple) {
  private static final String TLS_FEATURE = "1.3.6.1.5.5.7.1.24";
  private static final byte STATUS_REQUEST = 5;

  public OwnCertificate {
    chain = List.copyOf(chain);
  }

  /** One that was not read anywhere, and of whose status nothing is known. */
  public OwnCertificate(List<X509Certificate> chain, PrivateKey key) {
    this(chain, key, "<inline>", "", ByteString.EMPTY);
  }

  /** The one that is proved to be ours. */
  X509Certificate leaf() {
    return chain.get(0);
  }

  /** The same, with that status. */
  OwnCertificate with(ByteString status) {
    return new OwnCertificate(chain, key, source, name, status);
  }

  /** The same under another name. */
  OwnCertificate called(String other) {
    return new OwnCertificate(chain, key, source, other, staple);
  }

  /** What there is of its status; null when that is nothing, or is no such thing. */
  @Nullable OcspStaple status() {
    try {
      return staple.isEmpty() ? null : OcspStaple.read(staple, leaf());
    } catch (ConfigException e) {
      return null; // of a client, which does not look at it
    }
  }

  /** Whether it says itself that it is not to be shown without its status (RFC 7633). */
  boolean mustStaple() {
    byte[] extension = leaf().getExtensionValue(TLS_FEATURE);
    if (extension == null) {
      return false;
    }
    try {
      byte[] value = Der.decode(extension).get(0).content().toByteArray();
      byte[] features = Der.decode(value).get(0).content().toByteArray();
      return Der.decode(features).stream()
          .map(Der.Value::content)
          .anyMatch(feature -> feature.size() == 1 && feature.byteAt(0) == STATUS_REQUEST);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return false;
    }
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
