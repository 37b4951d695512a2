package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RaceOutcome;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
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
  private final RacePlanner planner;
  private final RaceRunner runner;
  private @Nullable HostState host; // named by the first address ever found; so is what is learnt

  Prober(
      Workers workers,
      Target target,
      Rules rules,
      AddressSource source,
      TransportSocket transport,
      Diagnosis diagnosis) {
    this.loop = workers.get(0).loop();
    this.target = target;
    this.rules = rules;
    this.source = source;
    this.diagnosis = diagnosis;
    this.stopwatch = new Stopwatch(loop, transport);
    this.planner =
        new RacePlanner(
            target.text(),
            rules.connectTimeout(),
            SocketSettings.DEFAULT,
            host -> target.tls() ? stopwatch : transport,
            rules.connect(),
            new OutcomeMemory(loop::nanoTime),
            RaceListener.NONE);
    this.runner = RaceRunner.on(workers.get(0), workers.transport(), RaceListener.NONE);
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
  private final class Running implements AddressSource.Receiver, RaceOutcome.Receiver {
    private final CompletableFuture<Run> done;
    private final long zero = loop.nanoTime();
    private final List<Lookup> lookups = new ArrayList<>();
    private final List<AttemptEvent> events = new ArrayList<>();
    private AddressSource.@Nullable Search search;
    private RaceRunner.@Nullable Race race;
    private long raceBegan;

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
        race(rules.list(addresses, completeness));
      }
    }

    @Override
    public void onNone(Failure why) {
      end(null, why);
    }

    private void race(AddressList addresses) {
      if (race != null) {
        race.update(addresses);
        return;
      }
      race = runner.run(planner.plan(host(addresses), loop.nanoTime()), this);
    }

    @Override
    public void onEvent(AttemptEvent event) {
      if (events.isEmpty()) {
        raceBegan = loop.nanoTime() - zero;
      }
      events.add(event);
    }

    @Override
    public void onOutcome(RaceOutcome outcome) {
      if (outcome instanceof RaceOutcome.Won won) {
        TlsSession session = TlsSession.of(won.channel());
        var unused = won.channel().close();
        end(session, null);
      } else {
        end(null, Diagnosis.ofRace(attempts()));
      }
    }

    private void end(@Nullable TlsSession session, @Nullable Failure failure) {
      if (search != null) {
        search.end();
      }
      List<Attempt> attempts = attempts();
      long nanos =
          attempts.stream()
              .mapToLong(Attempt::endedNanos)
              .max()
              .orElseGet(() -> loop.nanoTime() - zero);
      done.complete(new Run(List.copyOf(lookups), attempts, nanos, session, failure));
    }

    private List<Attempt> attempts() {
      return new Course(events, raceBegan, stopwatch.splits(), zero, diagnosis).attempts();
    }
  }
}
