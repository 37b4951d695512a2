package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.OwnConnections;

/**
 * What the listener knows of a connection it accepted.
 *
 * @param stream what the listener's access log will tell of it; filters add what they know
 * @param secure whether its bytes are protected by TLS
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}, 1 MiB unless configured
 */
public record DownstreamConnection(StreamInfo stream, boolean secure, int bufferLimit) {
  public long id() {
    return stream.connectionId;
  }

  /** Whom it comes from; where a listener filter was told of a client behind a proxy, that one. */
  public Address remote() {
    return known(stream.downstreamRemote);
  }

  /** Whom it was meant for. */
  public Address local() {
    return known(stream.downstreamLocal);
  }

  /** The peer of the socket, whatever it says of others. */
  public Address directRemote() {
    Address direct = stream.downstreamDirectRemote;
    return direct == null ? remote() : direct;
  }

  /** The connections to upstreams that serve it alone. */
  public OwnConnections ownUpstreams() {
    return stream.ownUpstreams();
  }

  public String filterChainName() {
    return stream.filterChainName;
  }

  /** The server that its TLS client asked for; empty where nobody looked. */
  public String serverName() {
    return stream.requestedServerName;
  }

  /** Of the URLs by which its client asks. */
  public String scheme() {
    return secure ? "https" : "http";
  }

  private static Address known(@org.jspecify.annotations.Nullable Address address) {
    if (address == null) {
      throw new IllegalStateException("a connection that was not accepted");
    }
    return address;
  }
}
