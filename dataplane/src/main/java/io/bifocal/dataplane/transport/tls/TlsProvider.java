package io.bifocal.dataplane.transport.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whose cryptography is used. */
public enum TlsProvider {
  /** The library that Envoy uses, about twice as fast. */
  BORINGSSL(SslProvider.OPENSSL),
  /** Of the Java runtime: everywhere. */
  JDK(SslProvider.JDK);

  private static final Logger log = LoggerFactory.getLogger(TlsProvider.class);

  private final SslProvider netty;

  TlsProvider(SslProvider netty) {
    this.netty = netty;
  }

  SslProvider netty() {
    return netty;
  }

  /** BoringSSL where it loads; which one it is is logged once. */
  public static TlsProvider best() {
    return Best.PROVIDER;
  }

  private static final class Best {
    private static final TlsProvider PROVIDER = choose();

    private static TlsProvider choose() {
      if (OpenSsl.isAvailable()) {
        log.info("TLS is done by {}", OpenSsl.versionString());
        return BORINGSSL;
      }
      log.info(
          "TLS is done by the Java runtime, since BoringSSL does not load: {}",
          String.valueOf(OpenSsl.unavailabilityCause()));
      return JDK;
    }
  }
}
