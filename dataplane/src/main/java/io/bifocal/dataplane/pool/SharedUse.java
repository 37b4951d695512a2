package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stream.TlsSession;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** One of many uses of a connection; however it ends, the connection stays. */
final class SharedUse implements UpstreamConnection {
  private final PooledConnection connection;
  private boolean over;

  SharedUse(PooledConnection connection) {
    this.connection = connection;
  }

  @Override
  public Channel channel() {
    return connection.channel();
  }

  @Override
  public Host host() {
    return connection.host();
  }

  @Override
  public Address remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public long id() {
    return connection.id();
  }

  @Override
  public @Nullable TlsSession tls() {
    return connection.tls();
  }

  @Override
  public RaceReport race() {
    return connection.race();
  }

  @Override
  public void release() {
    if (!over) {
      over = true;
      connection.left();
    }
  }

  @Override
  public void retire() {
    release();
  }

  @Override
  public void discard() {
    release();
  }
}
