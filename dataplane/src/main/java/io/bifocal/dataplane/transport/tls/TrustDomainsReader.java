package io.bifocal.dataplane.transport.tls;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig.TrustDomain;
import java.io.InputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Reads a {@code SPIFFECertValidatorConfig}; what is wrong with it is told in Envoy's words. */
final class TrustDomainsReader {
  /** The validator's name, by which it is asked for. */
  static final String NAME = "envoy.tls.cert_validator.spiffe";

  private static final String USE = "x509-svid";

  private final BiFunction<List<X509Certificate>, String, TrustAnchors> anchors;
  private final Map<String, TrustAnchors> domains = new LinkedHashMap<>();

  /**
   * @param anchors makes those of a domain, with the source of their certificates
   */
  TrustDomainsReader(BiFunction<List<X509Certificate>, String, TrustAnchors> anchors) {
    this.anchors = anchors;
  }

  TrustDomains read(Any typed, String path, List<String> warnings) throws ConfigException {
    SPIFFECertValidatorConfig config;
    try {
      // Without its constraints, to which Envoy does not hold it either.
      config = typed.unpack(SPIFFECertValidatorConfig.class);
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(path + ".typed_config: it is no SPIFFECertValidatorConfig", e);
    }
    warnings.addAll(TlsFields.SPIFFE.check(config, path));
    if (config.hasTrustBundles()) {
      readMap(config.getTrustBundles());
      return new TrustDomains(domains);
    }
    for (TrustDomain domain : config.getTrustDomainsList()) {
      read(domain);
    }
    return new TrustDomains(domains);
  }

  private void read(TrustDomain domain) throws ConfigException {
    String name = domain.getName();
    if (domains.containsKey(name)) {
      throw new ConfigException(
          "Multiple trust bundles are given for one trust domain for " + name);
    }
    DataSource source = domain.getTrustBundle();
    List<X509Certificate> certificates;
    try {
      certificates =
          Certificates.parse(DataSources.readWatched(source).toStringUtf8()).certificates();
    } catch (CertificateException e) {
      throw unusable(name, e);
    }
    if (certificates.isEmpty()) {
      throw unusable(name, null);
    }
    domains.put(name, anchors.apply(certificates, DataSources.name(source)));
  }

  private static ConfigException unusable(String domain, @Nullable Exception cause) {
    String text = "Failed to load trusted CA certificate for " + domain;
    return cause == null ? new ConfigException(text) : new ConfigException(text, cause);
  }

  // ---- a map of bundles, in JSON (SPIFFE's Trust Domain and Bundle, section 4)

  private void readMap(DataSource source) throws ConfigException {
    ByteString text = DataSources.readWatched(source);
    JsonObject all = parse(text.toStringUtf8());
    JsonObject named = object(all.get("trust_domains"));
    if (named == null || named.isEmpty()) {
      throw new ConfigException("No trust domains found in SPIFFE bundle");
    }
    for (Map.Entry<String, JsonElement> domain : named.entrySet()) {
      domains.put(
          domain.getKey(),
          anchors.apply(
              certificates(domain.getKey(), object(domain.getValue())), DataSources.name(source)));
    }
  }

  private static JsonObject parse(String text) throws ConfigException {
    try {
      JsonObject parsed = object(JsonParser.parseString(text));
      if (parsed != null) {
        return parsed;
      }
    } catch (JsonParseException e) {
      throw new ConfigException("Invalid JSON found in SPIFFE bundle", e);
    }
    throw new ConfigException("Invalid JSON found in SPIFFE bundle");
  }

  private static @Nullable JsonObject object(@Nullable JsonElement element) {
    return element != null && element.isJsonObject() ? element.getAsJsonObject() : null;
  }

  private static JsonArray array(@Nullable JsonElement element) {
    return element != null && element.isJsonArray() ? element.getAsJsonArray() : new JsonArray();
  }

  private static List<X509Certificate> certificates(String domain, @Nullable JsonObject bundle)
      throws ConfigException {
    JsonArray keys = array(bundle == null ? null : bundle.get("keys"));
    if (keys.isEmpty()) {
      throw new ConfigException("No keys found in SPIFFE bundle for domain '" + domain + "'");
    }
    List<X509Certificate> certificates = new ArrayList<>();
    for (JsonElement each : keys) {
      JsonObject key = object(each);
      JsonElement use = key == null ? null : key.get("use");
      if (key == null || use == null || !use.isJsonPrimitive() || !use.getAsString().equals(USE)) {
        throw new ConfigException(
            "missing or invalid 'use' field found in cert for domain '" + domain + "'");
      }
      JsonArray chain = array(key.get("x5c"));
      if (chain.isEmpty()) {
        throw new ConfigException(
            "missing or empty 'x5c' field found in keys for domain: '" + domain + "'");
      }
      for (JsonElement der : chain) {
        certificates.add(certificate(domain, der));
      }
    }
    return certificates;
  }

  private static X509Certificate certificate(String domain, JsonElement der)
      throws ConfigException {
    try {
      InputStream in =
          ByteString.copyFrom(Base64.getDecoder().decode(der.getAsString())).newInput();
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    } catch (CertificateException | IllegalArgumentException | UnsupportedOperationException e) {
      throw new ConfigException(
          "Failed to create x509 object while loading certs in domain '" + domain + "'", e);
    }
  }
}
