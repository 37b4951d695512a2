package io.bifocal.dataplane.transport;

import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import org.jspecify.annotations.Nullable;

/**
 * What one request or client wants of its connection, beside what is configured for all: whoever
 * wants the same can share one. Source: Envoy's {@code TransportSocketOptions}.
 *
 * @param client of whom the upstream is told; null of nobody
 * @param serverName whom TLS asks for, in place of what is configured; empty for that
 * @param verifiedName a name that the server's certificate must have, DNS or IP, and which no
 *     certificate has if it is empty; null for any
 * @param owner whose alone the connection is; null for anybody's
 */
public record TransportSocketOptions(
    @Nullable ProxyProtocolData client,
    String serverName,
    @Nullable String verifiedName,
    @Nullable OwnConnections owner) {
  /** Nothing. */
  public static final TransportSocketOptions NONE = new TransportSocketOptions(null, "", null);

  /** For anybody who wants the same. */
  public TransportSocketOptions(
      @Nullable ProxyProtocolData client, String serverName, @Nullable String verifiedName) {
    this(client, serverName, verifiedName, null);
  }

  /** For one client's own connections; null when nothing is wanted. */
  public static @Nullable TransportSocketOptions ofClient(@Nullable ProxyProtocolData client) {
    return client == null ? null : NONE.of(client);
  }

  /** The same, of whom the upstream is told. */
  public TransportSocketOptions of(@Nullable ProxyProtocolData client) {
    return new TransportSocketOptions(client, serverName, verifiedName, owner);
  }

  /** The same for one client's connection alone. */
  public TransportSocketOptions ownedBy(OwnConnections owner) {
    return new TransportSocketOptions(client, serverName, verifiedName, owner);
  }
}
