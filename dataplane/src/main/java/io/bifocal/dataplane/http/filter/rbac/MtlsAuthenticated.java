package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.tls.SanMatcher;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.rbac.principals.mtls_authenticated.v3.Config;
import java.security.cert.X509Certificate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Clients whose certificate was found good, all or those with a name.
 *
 * @param name null for any
 */
record MtlsAuthenticated(@Nullable SanMatcher name) implements Predicate<Subject> {
  static MtlsAuthenticated of(TypedExtensionConfig extension, String path) throws ConfigException {
    Config config =
        Extensions.only(
            Config.getDefaultInstance(), extension.getName(), extension.getTypedConfig());
    if (!config.hasSanMatcher() && !config.getAnyValidatedClientCertificate()) {
      throw new ConfigException(
          "envoy.rbac.principals.mtls_authenticated did not have any configured validation. At"
              + " least one configuration field must be set.");
    }
    return new MtlsAuthenticated(
        config.hasSanMatcher()
            ? SanMatcher.of(config.getSanMatcher(), path + ".san_matcher")
            : null);
  }

  @Override
  public boolean test(Subject subject) {
    TlsSession tls = subject.connection().stream().downstreamTls;
    if (tls == null || !tls.peerValidated()) {
      return false;
    }
    X509Certificate certificate = tls.peerCertificate();
    return name == null || (certificate != null && name.matches(certificate));
  }
}
