package io.bifocal.dataplane.transport.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.ArrayList;
import java.util.List;

/**
 * What one end of TLS is ready to agree on.
 *
 * @param alpn protocols by preference; none when empty
 * @param min the oldest version
 * @param max the newest version
 * @param ciphers of versions up to 1.2; those of 1.3 are fixed
 * @param curves by BoringSSL's names; the JDK's provider chooses for itself
 */
record Terms(
    List<String> alpn,
    TlsVersion min,
    TlsVersion max,
    List<CipherSuite> ciphers,
    List<String> curves) {
  Terms {
    alpn = List.copyOf(alpn);
    ciphers = List.copyOf(ciphers);
    curves = List.copyOf(curves);
  }

  /** Makes a context that obeys them. */
  void applyTo(SslContextBuilder builder, TlsProvider provider) {
    builder
        .sslProvider(provider.netty())
        .protocols(TlsVersion.range(min, max).stream().map(TlsVersion::text).toList())
        .ciphers(cipherNames(), SupportedCipherSuiteFilter.INSTANCE);
    if (!alpn.isEmpty()) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              ApplicationProtocolConfig.Protocol.ALPN,
              ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
              ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
              alpn));
    }
    if (provider == TlsProvider.BORINGSSL) {
      builder.option(OpenSslContextOption.GROUPS, curves.toArray(new String[0]));
    }
  }

  private List<String> cipherNames() {
    List<String> names = new ArrayList<>(CipherSuite.OF_TLS_1_3);
    ciphers.forEach(suite -> names.add(suite.iana()));
    return names;
  }
}
