package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stream.TlsSession;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is up, or one of many uses of it. Its user talks on {@link #channel} and then
 * gives it back, once. Of a connection that has other users too, giving back in whatever way ends
 * this use alone; what is under way must have been ended by its codec.
 */
public interface UpstreamConnection {
  /** The channel; the pool counts its bytes ({@code upstream_cx_rx_bytes_total} and so on). */
  Channel channel();

  Host host();

  /** Whom the socket is really connected to ({@code %UPSTREAM_REMOTE_ADDRESS%}). */
  Address remoteAddress();

  /** Its number among all connections, or −1. */
  default long id() {
    return -1;
  }

  /** Its TLS; null where it speaks none. */
  default @Nullable TlsSession tls() {
    return null;
  }

  /** The race that made it. */
  RaceReport race();

  /** The same for one who has waited for more than that race. */
  default UpstreamConnection after(RaceReport all) {
    return new RacedConnection(this, all);
  }

  /** What came is not what is spoken here; to be told before the connection is given back. */
  default void onProtocolError() {}

  /** Gives the connection back, fit for another use. */
  void release();

  /** Closes it after a use that came to its regular end with {@code Connection: close}. */
  default void retire() {
    discard();
  }

  /** Closes it in the middle of a use: it is in no state to be used again. */
  void discard();
}
