package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.netty.channel.Channel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Makes a connection for whoever asks, without a race, and keeps none. */
public abstract class Unpooled extends NoPool {
  /** To whom it connects. */
  protected final Host host;

  protected Unpooled(Host host) {
    this.host = host;
  }

  /**
   * A connection over this channel.
   *
   * @param released runs when it is given back, fit for another use
   * @param discarded runs when it is not
   */
  protected UpstreamConnection over(Channel channel, Runnable released, Runnable discarded) {
    return new Unraced(host, channel, released, discarded);
  }

  private record Unraced(Host host, Channel channel, Runnable released, Runnable discarded)
      implements UpstreamConnection {
    @Override
    public Address remoteAddress() {
      return host.primary();
    }

    @Override
    public RaceReport race() {
      RacePlan plan = RacePlan.of("no race", List.of(host.primary()), Duration.ofSeconds(1));
      return new RaceReport(plan, RaceReport.Result.WON, Instant.EPOCH, 0, 0, -1, List.of());
    }

    @Override
    public void release() {
      released.run();
    }

    @Override
    public void discard() {
      discarded.run();
    }
  }
}
