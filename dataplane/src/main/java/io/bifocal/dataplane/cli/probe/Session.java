package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.dns.SystemNameService;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** All that one call of the command does: target after target, run after run, on one worker. */
final class Session implements AutoCloseable {
  private final Rules rules;
  private final RepeatOptions repeat;
  private final Report report;
  private final ResolverConfig resolver;
  private final Workers workers = Workers.start(1, Transport.best());
  private final Loop loop = workers.get(0).loop();
  private final SystemNameService names;

  Session(Rules rules, ResolverConfig resolver, RepeatOptions repeat, Report report) {
    this.rules = rules;
    this.resolver = resolver;
    this.repeat = repeat;
    this.report = report;
    this.names =
        new SystemNameService(loop, workers.transport(), new StatsStore(1).root(), resolver);
  }

  /**
   * Probes each of the targets.
   *
   * @return whether every run had a winner
   */
  boolean probe(List<Target> targets, TlsOptions tls) throws InterruptedException, BadUsage {
    List<Transports> transports = new ArrayList<>();
    for (Target target : targets) {
      transports.add(tls.transports(target, workers.get(0)));
    }
    boolean good = true;
    Rehearsal rehearsal = new Rehearsal(workers, rules);
    if (targets.stream().anyMatch(target -> target.given().isEmpty())) {
      rehearsal.lookUp(names);
    }
    for (int i = 0; i < targets.size(); i++) {
      rehearsal.race(targets.get(i).tls(), transports.get(i));
      good &= probe(targets.get(i), transports.get(i));
    }
    return good;
  }

  private boolean probe(Target target, Transports transports) throws InterruptedException {
    Diagnosis diagnosis = new Diagnosis(OwnAddresses::reachOut);
    Prober prober = new Prober(workers, target, rules, source(target), transports, diagnosis);
    List<Run> runs = new ArrayList<>();
    report.begin(target);
    for (int i = 0; i < repeat.repeat; i++) {
      if (i > 0) {
        pause(repeat.interval());
      }
      Run run = get(prober.run());
      runs.add(run);
      report.onRun(run);
    }
    report.end(target, runs);
    return runs.stream().allMatch(Run::connected);
  }

  private AddressSource source(Target target) throws InterruptedException {
    return target.given().isEmpty()
        ? get(CompletableFuture.supplyAsync(this::lookups, loop))
        : new GivenAddresses(loop, rules);
  }

  private AddressSource lookups() {
    return new NamedAddresses(loop, rules, names.resolver(resolver), names.sources());
  }

  private void pause(Duration time) throws InterruptedException {
    CompletableFuture<Boolean> over = new CompletableFuture<>();
    loop.execute(() -> loop.schedule(time, () -> over.complete(true)));
    get(over);
  }

  /** What a loop promised. */
  static <T> T get(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    names.close();
    workers.close();
  }
}
