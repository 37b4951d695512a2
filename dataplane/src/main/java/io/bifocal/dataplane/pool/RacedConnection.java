package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stream.TlsSession;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * A use of a connection for which its user has waited longer than its own race took.
 *
 * @param race all that the user waited for
 */
record RacedConnection(UpstreamConnection of, RaceReport race) implements UpstreamConnection {
  @Override
  public Channel channel() {
    return of.channel();
  }

  @Override
  public Host host() {
    return of.host();
  }

  @Override
  public Address remoteAddress() {
    return of.remoteAddress();
  }

  @Override
  public long id() {
    return of.id();
  }

  @Override
  public @Nullable TlsSession tls() {
    return of.tls();
  }

  @Override
  public void onProtocolError() {
    of.onProtocolError();
  }

  @Override
  public void release() {
    of.release();
  }

  @Override
  public void retire() {
    of.retire();
  }

  @Override
  public void discard() {
    of.discard();
  }

  @Override
  public String toString() {
    return of.toString();
  }
}
