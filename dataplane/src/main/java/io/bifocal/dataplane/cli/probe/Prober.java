package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Races to one target on a worker, as a cluster of the data plane would, one run after the other.
 * What is remembered from run to run is what such a cluster remembers.
 */
final class Prober {
  private final Loop loop;
  private final Target target;
  private final Rules rules;
  private final AddressSource source;
  private final Diagnosis diagnosis;
  private final Stopwatch stopwatch;
  private final Contest contest;
  private @Nullable HostState host; // named by the first address ever found; so is what is learnt

  Prober(
      Workers workers,
      Target target,
      Rules rules,
      AddressSource source,
      Transports transports,
      Diagnosis diagnosis) {
    this.loop = workers.get(0).loop();
    this.target = target;
    this.rules = rules;
    this.source = source;
    this.diagnosis = diagnosis;
    this.stopwatch = new Stopwatch(loop, transports.tcp());
    Transports timed = target.tls() ? transports.over(stopwatch) : transports;
    this.contest =
        timed.quic() == null
            ? new TcpContest(workers, target.text(), rules, timed.tcp())
            : new Http3Contest(workers, target.host(), rules, timed);
  }

  /** One look-up and one race; to be called from outside the loop, when the last run is over. */
  CompletableFuture<Run> run() {
    CompletableFuture<Run> done = new CompletableFuture<>();
    loop.execute(() -> new Running(done).begin());
    return done;
  }

  private Host host(AddressList addresses) {
    if (host == null) {
      host = new HostState(addresses.primary(), HostStats.in(new StatsStore(1).root()));
    }
    return new Host(
        host,
        addresses,
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.UNKNOWN,
        Metadata.getDefaultInstance());
  }

  /** A run that is not over. */
  private final class Running implements AddressSource.Receiver, Contest.Receiver {
    private final CompletableFuture<Run> done;
    private final long zero = loop.nanoTime();
    private final List<Lookup> lookups = new ArrayList<>();
    private AddressSource.@Nullable Search search;
    private Contest.@Nullable Entry race;

    Running(CompletableFuture<Run> done) {
      this.done = done;
    }

    void begin() {
      stopwatch.forget();
      search = source.begin(target, this);
    }

    @Override
    public void onLookup(Lookup lookup) {
      lookups.add(lookup);
    }

    @Override
    public void onAddresses(List<Address> addresses, Completeness completeness) {
      if (!done.isDone()) {
        race(host(rules.list(addresses, completeness)));
      }
    }

    @Override
    public void onNone(Failure why) {
      end(List.of(), loop.nanoTime() - zero, null, why);
    }

    private void race(Host among) {
      if (race == null) {
        race = contest.begin(among, this);
      } else {
        race.update(among);
      }
    }

    @Override
    public void onFinish(Contest.Finish finish) {
      List<Attempt> attempts = attempts(finish);
      long nanos = attempts.stream().mapToLong(Attempt::endedNanos).max().orElse(0);
      Channel connection = finish.connection();
      if (connection == null) {
        end(attempts, nanos, null, Diagnosis.ofRace(attempts));
      } else {
        TlsSession session = TlsSession.of(connection);
        var unused = connection.close();
        end(attempts, nanos, session, null);
      }
    }

    private void end(
        List<Attempt> attempts,
        long nanos,
        @Nullable TlsSession session,
        @Nullable Failure failure) {
      if (search != null) {
        search.end();
      }
      done.complete(new Run(List.copyOf(lookups), attempts, nanos, session, failure));
    }

    private List<Attempt> attempts(Contest.Finish finish) {
      return new Course(
              finish.race().attempts(),
              finish.beganAt() - zero,
              finish.nanos(),
              stopwatch.splits(),
              zero,
              diagnosis)
          .attempts();
    }
  }
}
