package io.bifocal.dataplane.transport.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;

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
    List<String> alpn, TlsVersion min, TlsVersion max, CipherList ciphers, List<String> curves) {
  Terms {
    alpn = List.copyOf(alpn);
    curves = List.copyOf(curves);
  }

  /**
   * Makes a context that obeys them.
   *
   * @throws SSLException when the provider cannot
   */
  SslContext build(SslContextBuilder builder, TlsProvider provider) throws SSLException {
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
    SslContext made = builder.build();
    if (provider == TlsProvider.BORINGSSL
        && !LibraryContext.setCiphers(made, ciphers.rules())
        && ciphers.named().isEmpty()) {
      throw new SSLException("this Netty takes names of ciphers only: " + ciphers.rules());
    }
    return made;
  }

  private List<String> cipherNames() {
    List<String> names = new ArrayList<>(CipherSuite.OF_TLS_1_3);
    List<CipherSuite> named = ciphers.named().isEmpty() ? CipherSuite.DEFAULTS : ciphers.named();
    named.forEach(suite -> names.add(suite.iana()));
    return names;
  }
}
