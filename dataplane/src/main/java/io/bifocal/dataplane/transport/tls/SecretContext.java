package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.secret.SecretLease;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.tls.CredentialsPlan.Followed;
import io.bifocal.dataplane.transport.tls.CredentialsPlan.Wanted;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A context that is made anew when a secret changes: whoever shakes hands next uses it, and nobody
 * before is disturbed. Confined to the control loop, but for {@link #current}.
 */
final class SecretContext<C> {
  private static final Logger log = LoggerFactory.getLogger(SecretContext.class);

  private final Maker<C> maker;
  private final CredentialsPlan plan;
  private final TlsContexts contexts;
  private final List<SecretLease> leases = new ArrayList<>();
  private Credentials credentials;
  private Runnable onUpdate = () -> {};
  private CertificateExpiries.@Nullable Shown expiries;
  private volatile @Nullable C current;

  /** Makes a context. */
  @FunctionalInterface
  interface Maker<C> {
    C make(Credentials credentials) throws SSLException, ConfigException;
  }

  /**
   * The context of {@code plan}, unless something is missing.
   *
   * @param contexts has it while it is in use
   */
  SecretContext(CredentialsPlan plan, TlsContexts contexts, Maker<C> maker)
      throws SSLException, ConfigException {
    this.plan = plan;
    this.contexts = contexts;
    this.maker = maker;
    this.credentials = plan.known();
    if (credentials.isWhole()) {
      current = maker.make(credentials);
    }
  }

  private SecretContext(C only) {
    this.plan = CredentialsPlan.of(Credentials.NONE);
    this.contexts = new TlsContexts();
    this.maker = none -> only;
    this.credentials = Credentials.NONE;
    this.current = only;
  }

  /** One that needs no secrets. */
  static <C> SecretContext<C> of(C only) {
    return new SecretContext<>(only);
  }

  /** The newest; null while a secret is missing. From any thread. */
  @Nullable C current() {
    return current;
  }

  /**
   * Asks for the secrets.
   *
   * @param owner the cluster or listener whose statistics tell when certificates expire
   * @param onUpdate runs each time that one is taken into use
   * @throws IllegalArgumentException when a source is of a kind that is not served
   */
  void start(Scope owner, Secrets secrets, InitManager init, Runnable onUpdate) {
    this.onUpdate = onUpdate;
    expiries = contexts.add(this, owner);
    showExpiries();
    for (Wanted wanted : plan.wanted()) {
      leases.add(
          secrets.lease(
              wanted.kind(),
              wanted.source(),
              wanted.name(),
              init,
              secret -> prepare(wanted.reading(), secret)));
    }
    for (Followed followed : plan.followed()) {
      leases.add(
          secrets.follow(
              followed.secret(), followed.held(), read -> prepare(followed.reading(), read)));
    }
  }

  private Runnable prepare(CredentialsPlan.Reading reading, Secret secret) throws ConfigException {
    List<String> warnings = new ArrayList<>();
    Runnable taken = prepare(reading.read(secret, warnings));
    warnings.forEach(log::warn);
    return taken;
  }

  private Runnable prepare(UnaryOperator<Credentials> change) throws ConfigException {
    Credentials before = credentials;
    Credentials after = change.apply(before);
    C made = make(after);
    return () -> {
      boolean alone = credentials.equals(before); // else the same secret is used here twice
      credentials = alone ? after : change.apply(credentials);
      onUpdate.run();
      try {
        C next = alone ? made : make(credentials);
        current = next == null ? current : next;
        showExpiries();
      } catch (ConfigException e) {
        log.error("two uses of a secret are good only one by one: {}", e.reason());
      }
    };
  }

  private void showExpiries() {
    if (expiries != null) {
      expiries.show(credentials.expiries());
    }
  }

  private @Nullable C make(Credentials of) throws ConfigException {
    if (!of.isWhole()) {
      return null;
    }
    try {
      return maker.make(of);
    } catch (SSLException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  /** What it holds now. */
  Credentials credentials() {
    return credentials;
  }

  void close() {
    contexts.remove(this);
    if (expiries != null) {
      expiries.show(Map.of());
    }
    leases.forEach(SecretLease::close);
    leases.clear();
  }
}
