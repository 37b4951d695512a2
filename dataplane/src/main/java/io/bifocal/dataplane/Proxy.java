package io.bifocal.dataplane;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A running data plane. All methods may be called from any thread that is not one of its own.
 *
 * <pre>{@code
 * try (Proxy proxy = Proxy.start(bootstrap)) {
 *   proxy.awaitLive(Duration.ofSeconds(15));
 *   …
 * }
 * }</pre>
 */
public final class Proxy implements AutoCloseable {
  private final Server server;

  private Proxy(Server server) {
    this.server = server;
  }

  /** Starts with Envoy's defaults. */
  public static Proxy start(Bootstrap bootstrap) throws ConfigException {
    return start(bootstrap, ProxyOptions.defaults());
  }

  /**
   * Starts. When this returns, what is static is loaded, listeners are bound and the admin
   * interface answers; requests are taken once the proxy is live.
   *
   * @throws ConfigException when the bootstrap cannot be taken, or an address not bound; nothing is
   *     left behind
   */
  public static Proxy start(Bootstrap bootstrap, ProxyOptions options) throws ConfigException {
    return new Proxy(Server.start(bootstrap, options));
  }

  /**
   * Checks a bootstrap as starting would, without binding an address or asking a control plane.
   *
   * @throws ConfigException when it cannot be taken
   */
  public static void validate(Bootstrap bootstrap, ProxyOptions options) throws ConfigException {
    Server.validate(bootstrap, options);
  }

  /** Completes when requests are taken: everything was fetched, or waited for long enough. */
  public CompletableFuture<Void> live() {
    return server.live().copy();
  }

  /**
   * Waits until requests are taken.
   *
   * @throws TimeoutException naming what is still waited for
   */
  public void awaitLive(Duration atMost) throws TimeoutException, InterruptedException {
    try {
      server.live().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new TimeoutException(
          "not live after %s; waiting for %s".formatted(atMost, server.unready()));
    } catch (ExecutionException e) {
      throw new IllegalStateException("the proxy ended before it was live", e.getCause());
    }
  }

  /** Where a listener really listens: with the port that it was given when it asked for 0. */
  public List<SocketAddress> listenerAddresses(String listener) {
    return server.listenerAddresses(listener);
  }

  /** Where the admin interface listens, if the bootstrap asks for one. */
  public Optional<SocketAddress> adminAddress() {
    return server.adminAddress();
  }

  /** Opens the files of access logs again, for whoever has moved them; returns at once. */
  public void reopenLogs() {
    server.reopenLogs();
  }

  /**
   * Begins an orderly end: connections are asked to end, those that come meanwhile as well. It ends
   * when the last one is gone, or after the drain time.
   */
  public void shutdown() {
    server.shutdown();
  }

  /** Waits for the end that {@link #shutdown} or {@code POST /quitquitquit} began, then closes. */
  public void awaitEnd() throws InterruptedException {
    server.awaitEnd();
    close();
  }

  /** Ends at once: no thread, socket or buffer is left. Harmless twice. */
  @Override
  public void close() {
    server.close();
  }
}
