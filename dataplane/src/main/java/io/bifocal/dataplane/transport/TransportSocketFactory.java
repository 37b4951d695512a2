package io.bifocal.dataplane.transport;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.config.core.v3.Metadata;

/**
 * Makes the transport sockets of one cluster. It is made when the cluster is configured, and shared
 * by all workers. Thread-safe.
 */
@FunctionalInterface
public interface TransportSocketFactory {
  /** Plain sockets. */
  TransportSocketFactory PLAIN = (cluster, shard) -> PerWorker.PLAIN;

  /** One worker's view, which counts below {@code cluster} in the cells of its {@code shard}. */
  PerWorker on(Scope cluster, int shard);

  /** Whether its sockets for HTTP/3 are {@link DatagramTransport}s. */
  default boolean speaksQuic() {
    return false;
  }

  /** Whether both ends agree on what is spoken when a connection begins (ALPN). */
  default boolean negotiates() {
    return false;
  }

  /**
   * Asks for what it needs beside its configuration. On the control loop, once.
   *
   * @param cluster where it counts
   * @param init waits for the first answers
   * @throws IllegalArgumentException when a source is of a kind that is not served
   */
  default void start(Scope cluster, InitManager init) {}

  /** Nobody needs it any longer; on the control loop. Harmless twice. */
  default void close() {}

  /** Confined to its worker's loop. */
  @FunctionalInterface
  interface PerWorker {
    /** Plain sockets. */
    PerWorker PLAIN = (protocol, hostname) -> TransportSocket.PLAIN;

    /**
     * For connections to one host.
     *
     * @param protocol what will be spoken on them
     * @param hostname the host's own name, or empty
     */
    TransportSocket socket(ApplicationProtocol protocol, String hostname);

    /** The server name that connections ask for unless their users say otherwise; or empty. */
    default String serverName() {
      return "";
    }

    /** Whether an upstream is told which client a connection serves: then it serves no other. */
    default boolean tellsOfClients() {
      return false;
    }

    /**
     * For connections of whoever wants the same.
     *
     * @param host what is configured for the host alone
     */
    default TransportSocket socket(
        ApplicationProtocol protocol,
        String hostname,
        TransportSocketOptions options,
        Metadata host) {
      return socket(protocol, hostname);
    }
  }
}
