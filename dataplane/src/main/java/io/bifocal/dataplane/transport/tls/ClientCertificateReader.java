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
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@code tls_certificates}; what is wrong with one is told in Envoy's words. */
final class ClientCertificateReader {
  private static final int LEAST_RSA_BITS = 2048;

  private ClientCertificateReader() {}

  static @Nullable ClientCertificate read(
      List<TlsCertificate> configured, String path, List<String> warnings) throws ConfigException {
    if (configured.size() > 1) {
      throw new ConfigException("Multiple TLS certificates are not supported for client contexts");
    }
    if (configured.isEmpty()) {
      return null;
    }
    TlsCertificate only = configured.get(0);
    warnings.addAll(TlsFields.CERTIFICATE.check(only, path + "[0]"));
    if (!only.hasCertificateChain() && !only.hasPrivateKey() && !only.hasPkcs12()) {
      return null;
    }
    String password = DataSources.read(only.getPassword()).toStringUtf8();
    ClientCertificate read = only.hasPkcs12() ? pkcs12(only, password) : pem(only, password);
    DataSource source = only.hasPkcs12() ? only.getPkcs12() : only.getCertificateChain();
    if (read.chain().get(0).getPublicKey() instanceof RSAPublicKey rsa
        && rsa.getModulus().bitLength() < LEAST_RSA_BITS) {
      throw new ConfigException(
          "Failed to load certificate chain from "
              + DataSources.name(source)
              + ", only RSA certificates with 2048-bit or larger keys are supported");
    }
    return read;
  }

  private static ClientCertificate pem(TlsCertificate config, String password)
      throws ConfigException {
    DataSource chainSource = config.getCertificateChain();
    DataSource keySource = config.getPrivateKey();
    ByteString chain = DataSources.read(chainSource);
    ByteString key = DataSources.read(keySource);
    if (chain.isEmpty()) {
      throw new ConfigException(
          "Failed to load incomplete certificate from : certificate chain not set");
    }
    if (key.isEmpty()) {
      throw new ConfigException("Failed to load incomplete private key from path: ");
    }
    String keyName = DataSources.name(keySource);
    try {
      ClientCertificate read =
          new ClientCertificate(
              chain(chain.toStringUtf8(), DataSources.name(chainSource)),
              PrivateKeys.parse(key.toStringUtf8(), password));
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

  private static ClientCertificate pkcs12(TlsCertificate config, String password)
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
      store.load(DataSources.read(config.getPkcs12()).newInput(), secret);
      for (String alias : Collections.list(store.aliases())) {
        Certificate[] chain = store.getCertificateChain(alias);
        if (chain != null && store.getKey(alias, secret) instanceof PrivateKey key) {
          List<X509Certificate> certificates = new ArrayList<>();
          for (Certificate certificate : chain) {
            certificates.add((X509Certificate) certificate);
          }
          return new ClientCertificate(certificates, key);
        }
      }
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigException("Failed to load pkcs12 from " + name, e);
    }
    throw new ConfigException("Failed to load pkcs12 from " + name);
  }
}
