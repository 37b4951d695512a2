package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.bifocal.dataplane.transport.tls.PrivateKeys.UnusableKeyException;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a {@code TlsCertificate}; what is wrong with it is told in Envoy's words. */
final class OwnCertificateReader {
  private static final int LEAST_RSA_BITS = 2048;

  private OwnCertificateReader() {}

  /**
   * What {@code config} says.
   *
   * @return null when it says nothing
   */
  static @Nullable OwnCertificate read(TlsCertificate config, String path, List<String> warnings)
      throws ConfigException {
    if (config.hasPrivateKeyProvider()) {
      throw new ConfigException(
          "Failed to load private key provider: "
              + config.getPrivateKeyProvider().getProviderName());
    }
    warnings.addAll(TlsFields.CERTIFICATE.check(config, path));
    if (!config.hasCertificateChain() && !config.hasPrivateKey() && !config.hasPkcs12()) {
      return null;
    }
    String password = DataSources.readWatched(config.getPassword()).toStringUtf8();
    ByteString status = status(config);
    OwnCertificate read =
        (config.hasPkcs12() ? pkcs12(config, password) : pem(config, password)).with(status);
    DataSource source = config.hasPkcs12() ? config.getPkcs12() : config.getCertificateChain();
    if (isTooShort(read.chain().get(0).getPublicKey())) {
      throw new ConfigException(
          "Failed to load certificate chain from "
              + DataSources.name(source)
              + ", only RSA certificates with 2048-bit or larger keys are supported");
    }
    return read;
  }

  /** Whether nobody should trust what is signed with a key of RSA. */
  static boolean isTooShort(PublicKey key) {
    return key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() < LEAST_RSA_BITS;
  }

  private static ByteString status(TlsCertificate config) throws ConfigException {
    if (config.getOcspStaple().hasInlineString()) {
      throw new ConfigException("OCSP staple cannot be provided via inline_string");
    }
    return DataSources.readWatched(config.getOcspStaple());
  }

  /** The same, where there must be one. */
  static OwnCertificate needed(TlsCertificate config, String path, List<String> warnings)
      throws ConfigException {
    OwnCertificate read = read(config, path, warnings);
    if (read == null) {
      throw new ConfigException("Failed to load incomplete private key from path: ");
    }
    return read;
  }

  private static OwnCertificate pem(TlsCertificate config, String password) throws ConfigException {
    DataSource chainSource = config.getCertificateChain();
    DataSource keySource = config.getPrivateKey();
    ByteString chain = DataSources.readWatched(chainSource);
    ByteString key = DataSources.readWatched(keySource);
    if (chain.isEmpty()) {
      throw new ConfigException(
          "Failed to load incomplete certificate from : certificate chain not set");
    }
    if (key.isEmpty()) {
      throw new ConfigException("Failed to load incomplete private key from path: ");
    }
    String keyName = DataSources.name(keySource);
    try {
      OwnCertificate read =
          new OwnCertificate(
              chain(chain.toStringUtf8(), DataSources.name(chainSource)),
              PrivateKeys.parse(key.toStringUtf8(), password),
              DataSources.name(chainSource),
              "",
              ByteString.EMPTY);
      if (!read.matches()) {
        throw new UnusableKeyException(
            "error:0b000074:X.509 certificate routines:OPENSSL_internal:KEY_VALUES_MISMATCH");
      }
      return read;
    } catch (UnusableKeyException e) {
      throw new ConfigException(
          "Failed to load private key from " + keyName + ", Cause: " + e.reason(), e);
    }
  }

  private static List<X509Certificate> chain(String pem, String name) throws ConfigException {
    try {
      List<X509Certificate> chain = Certificates.parse(pem).certificates();
      if (!chain.isEmpty()) {
        return chain;
      }
    } catch (CertificateException e) {
      throw new ConfigException("Failed to load certificate chain from " + name, e);
    }
    throw new ConfigException("Failed to load certificate chain from " + name);
  }

  private static OwnCertificate pkcs12(TlsCertificate config, String password)
      throws ConfigException {
    if (config.hasPrivateKey() || config.hasCertificateChain()) {
      throw new ConfigException(
          "Certificate configuration can't have both pkcs12 and "
              + (config.hasPrivateKey() ? "private_key" : "certificate_chain"));
    }
    String name = DataSources.name(config.getPkcs12());
    char[] secret = password.toCharArray();
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(DataSources.readWatched(config.getPkcs12()).newInput(), secret);
      for (String alias : Collections.list(store.aliases())) {
        Certificate[] chain = store.getCertificateChain(alias);
        if (chain != null && store.getKey(alias, secret) instanceof PrivateKey key) {
          List<X509Certificate> certificates = new ArrayList<>();
          for (Certificate certificate : chain) {
            certificates.add((X509Certificate) certificate);
          }
          return new OwnCertificate(certificates, key, name, "", ByteString.EMPTY);
        }
      }
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigException("Failed to load pkcs12 from " + name, e);
    }
    throw new ConfigException("Failed to load pkcs12 from " + name);
  }
}
