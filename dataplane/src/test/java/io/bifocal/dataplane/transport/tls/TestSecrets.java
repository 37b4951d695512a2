package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.core.v3.WatchedDirectory;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;

/** Messages with secrets in them, or names of them. */
public final class TestSecrets {
  public static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private TestSecrets() {}

  public static DataSource inline(String text) {
    return DataSource.newBuilder().setInlineString(text).build();
  }

  public static TlsCertificate certificate(X509Bundle bundle) {
    return TlsCertificate.newBuilder()
        .setCertificateChain(inline(bundle.getCertificatePathPEM()))
        .setPrivateKey(inline(bundle.getPrivateKeyPEM()))
        .build();
  }

  public static Secret certificate(String name, X509Bundle bundle) {
    return Secret.newBuilder().setName(name).setTlsCertificate(certificate(bundle)).build();
  }

  /** A certificate with the key of another. */
  public static Secret mismatch(String name, X509Bundle bundle, X509Bundle other) {
    return Secret.newBuilder()
        .setName(name)
        .setTlsCertificate(
            certificate(bundle).toBuilder().setPrivateKey(inline(other.getPrivateKeyPEM())))
        .build();
  }

  public static Secret trust(String name, String pem) {
    return Secret.newBuilder()
        .setName(name)
        .setValidationContext(CertificateValidationContext.newBuilder().setTrustedCa(inline(pem)))
        .build();
  }

  /** Authorities in a file, and where its replacements are moved to. */
  public static CommonTlsContext.Builder trustIn(Path file, Path watched) {
    return CommonTlsContext.newBuilder()
        .setValidationContext(
            CertificateValidationContext.newBuilder()
                .setTrustedCa(DataSource.newBuilder().setFilename(file.toString()))
                .setWatchedDirectory(WatchedDirectory.newBuilder().setPath(watched.toString())));
  }

  public static SdsSecretConfig sds(String name) {
    return SdsSecretConfig.newBuilder().setName(name).setSdsConfig(ADS).build();
  }

  public static TransportSocket upstream(CommonTlsContext.Builder common) {
    return socket(Any.pack(UpstreamTlsContext.newBuilder().setCommonTlsContext(common).build()));
  }

  public static TransportSocket downstream(CommonTlsContext.Builder common) {
    return socket(Any.pack(DownstreamTlsContext.newBuilder().setCommonTlsContext(common).build()));
  }

  private static TransportSocket socket(Any config) {
    return TransportSocket.newBuilder().setName("tls").setTypedConfig(config).build();
  }
}
