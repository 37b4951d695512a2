package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** One race for one subject: a cluster of its own, on a port of its own. */
final class Trial {
  /** Longer than a delay, so that an attempt too many is seen. */
  private static final Duration QUIET = Duration.ofMillis(Millis.LATE + 300);

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private record Response(long at, Http.Response http) {}

  private final Arena arena;
  private final Lab lab;
  private final FarSide far;
  private final Contestant contestant;
  private final Race race;
  private final RacedCluster cluster;
  private final String name;
  private final int port;

  Trial(Arena arena, Contestant contestant, RacedCluster cluster) {
    this.arena = arena;
    this.lab = arena.lab();
    this.far = arena.far();
    this.contestant = contestant;
    this.cluster = cluster;
    this.race = cluster.race();
    this.name = cluster.name();
    this.port = cluster.port();
  }

  /** Prepares the network and publishes the cluster; but for health checks nobody connects yet. */
  Trial begin() {
    race.services().forEach(this::serve);
    where(race.network());
    publish(race.addresses());
    if (!race.options().contains("health_checks")) {
      assertThat(packets()).as("packets before the first request").isEmpty();
    }
    return this;
  }

  private void serve(String address, Map<String, ?> service) {
    if (address.startsWith(Race.HTTP3)) {
      String at = far.address(address.substring(Race.HTTP3.length()));
      var unused = arena.http3(service).serve(at, port);
    } else {
      lab.serve(port, address.isEmpty() ? null : far.address(address), service);
    }
  }

  /** Changes what the network does. */
  void where(String network) {
    for (Race.Rule rule : Race.of("").where(network).rules()) {
      lab.rule(
          far.address(rule.address()), port, rule.protocol(), rule.action(), rule.delayMillis());
    }
  }

  /** Changes the endpoint's addresses. */
  void publish(String addresses) {
    publishLocalities(cluster.localities(addresses));
  }

  /** Changes the localities with their endpoints, given as YAML in flow style. */
  void publishLocalities(String localities) {
    contestant.publish(cluster.cluster(localities), cluster.assignments(localities));
  }

  RacedCluster cluster() {
    return cluster;
  }

  String name() {
    return name;
  }

  Contestant contestant() {
    return contestant;
  }

  /** A statistic of the cluster's. */
  long stat(String statistic) {
    return contestant.stat("cluster." + name + "." + statistic);
  }

  /** Waits until a statistic of the cluster's has reached a value. */
  void awaitStat(String statistic, int atLeast) {
    await(statistic + " of " + name)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> stat(statistic) >= atLeast);
  }

  /** Forgets what was sent so far. */
  void forget() {
    lab.clear();
  }

  /** Sends the requests, and returns what was seen when nothing more is to come. */
  Observation run() {
    long sent = System.nanoTime();
    List<Response> responses = race.atOnce() ? together() : inARow();
    List<Lab.Packet> syns = awaitQuiet();
    long start = syns.isEmpty() ? sent : syns.get(0).at();
    return new Observation(
        timeline(syns),
        responses.stream().map(response -> reply(start, response)).toList(),
        contestant.counters(name),
        contestant.logged(name, race.times()).stream().map(this::withoutPort).toList());
  }

  /** The attempts, when no more are to come. */
  Timeline awaitWire() {
    return timeline(awaitQuiet());
  }

  private Timeline timeline(List<Lab.Packet> syns) {
    return new Timeline(
        syns.stream()
            .map(
                syn ->
                    new Timeline.Attempt(
                        (syn.kind().equals("udp") ? "u" : "") + far.name(syn.to()),
                        Millis.between(syns.get(0).at(), syn.at())))
            .toList());
  }

  private List<Response> inARow() {
    return IntStream.range(0, race.times()).mapToObj(i -> request()).toList();
  }

  private List<Response> together() {
    List<CompletableFuture<Response>> responses =
        IntStream.range(0, race.times())
            .mapToObj(
                i -> CompletableFuture.supplyAsync(this::request, task -> new Thread(task).start()))
            .toList();
    return responses.stream().map(CompletableFuture::join).toList();
  }

  private Response request() {
    Http.Response response = contestant.request(name, race.request());
    return new Response(System.nanoTime(), response);
  }

  /** The SYNs so far; not before a further attempt would have come, if there can be one. */
  private List<Lab.Packet> awaitQuiet() {
    return await("quiet")
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(this::syns, this::isQuiet);
  }

  private boolean isQuiet(List<Lab.Packet> syns) {
    long last = syns.isEmpty() ? 0 : syns.get(syns.size() - 1).at();
    return syns.size() >= race.most() || System.nanoTime() - last > QUIET.toNanos();
  }

  /** What was sent to the cluster so far. */
  List<Lab.Packet> packets() {
    return lab.packets(port);
  }

  boolean isTo(Lab.Packet packet, String address) {
    return packet.to().equals(far.address(address));
  }

  /** Of QUIC there is the first datagram of each connection. */
  private List<Lab.Packet> syns() {
    return packets().stream()
        .filter(packet -> packet.kind().equals("syn") || packet.kind().equals("udp"))
        .toList();
  }

  private Reply reply(long start, Response response) {
    return new Reply(
        response.http().status(),
        served(response.http().body()),
        Millis.between(start, response.at()));
  }

  // Servers of HTTP/3 say "udp" before their address.
  private String served(String body) {
    return body.startsWith("udp ") ? "u" + far.name(body.substring(4)) : far.name(body);
  }

  private String withoutPort(String line) {
    return far.named(line).replace(":" + port, "");
  }
}
