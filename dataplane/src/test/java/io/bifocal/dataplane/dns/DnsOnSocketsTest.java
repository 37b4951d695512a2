package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.dns.ResolverConfig.Option;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.xds.time.ThreadLoop;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The real resolver, on real sockets, against a server that writes its own bytes. */
class DnsOnSocketsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ThreadLoop control = ThreadLoop.start("control");
  private final BlockingQueue<Resolution> heard = new LinkedBlockingQueue<>();
  private LoopbackDnsServer v4;
  private LoopbackDnsServer v6;
  private SystemNameService names;

  @BeforeEach
  void start() throws Exception {
    v4 = LoopbackDnsServer.on("127.0.0.1");
    v6 = LoopbackDnsServer.on("::1");
    names = names(Transport.best());
  }

  @AfterEach
  void stop() throws Exception {
    names.close();
    v4.close();
    v6.close();
    control.close();
  }

  @ParameterizedTest
  @CsvSource({"EPOLL, 127.0.0.1", "EPOLL, ::1", "NIO, 127.0.0.1", "NIO, ::1"})
  void bothFamiliesAreFoundOverEither(Transport transport, String loopback) throws Exception {
    names.close();
    names = names(transport);
    LoopbackDnsServer server = loopback.contains(":") ? v6 : v4;
    server.has("svc.test AAAA", 5, "2001:db8::1", "2001:db8::2");
    server.has("svc.test A", 60, "10.0.0.1");
    resolve(config(server), "svc.test", LookupFamily.ALL);
    assertThat(complete()).containsExactly("2001:db8::1 5", "2001:db8::2 5", "10.0.0.1 60");
    assertThat(server.asked)
        .containsExactlyInAnyOrder("UDP svc.test AAAA +EDNS", "UDP svc.test A +EDNS");
  }

  @Test
  void anAliasWithAShorterLifeCounts() throws Exception {
    v4.alias("svc.test A", 3, "other.test", 300, "10.0.0.1", "10.0.0.2");
    resolve(config(v4), "svc.test", LookupFamily.V4_ONLY);
    assertThat(complete()).containsExactly("10.0.0.1 3", "10.0.0.2 3");
  }

  @Test
  void whatDoesNotFitComesOverTcp() throws Exception {
    String[] many =
        Stream.iterate(1, i -> i + 1).limit(250).map(i -> "10.0.0." + i).toArray(String[]::new);
    v6.truncated("svc.test A", 60, many);
    resolve(config(v6), "svc.test", LookupFamily.V4_ONLY);
    assertThat(complete()).hasSize(250).contains("10.0.0.250 60");
    assertThat(v6.asked).containsExactly("UDP svc.test A +EDNS", "TCP svc.test A");
  }

  @Test
  void tcpFromTheStart() throws Exception {
    v4.has("svc.test A", 60, "10.0.0.1").has("svc.test AAAA", 60, "2001:db8::1");
    resolve(config(Set.of(Option.OVER_TCP), v4), "svc.test", LookupFamily.ALL);
    assertThat(complete()).containsExactly("2001:db8::1 60", "10.0.0.1 60");
    assertThat(v4.asked).containsExactlyInAnyOrder("TCP svc.test AAAA", "TCP svc.test A");
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void aServerThatIsNotThereCostsNoTime(Transport transport) throws Exception {
    names.close();
    names = names(transport);
    Address.Ip gone = v4.address();
    v4.close();
    v6.has("svc.test A", 60, "10.0.0.1");
    for (Set<Option> options : List.of(Set.<Option>of(), Set.of(Option.OVER_TCP))) {
      ResolverConfig.Client config =
          new ResolverConfig.Client(List.of(gone, v6.address()), options, LONG, 1);
      resolve(config, "svc.test", LookupFamily.V4_ONLY);
      assertThat(complete()).as("within less than the timeout").containsExactly("10.0.0.1 60");
    }
  }

  @Test
  void aSilentServerIsFollowedByTheNext() throws Exception {
    v4.silent("svc.test A");
    v6.has("svc.test A", 60, "10.0.0.1");
    resolve(
        new ResolverConfig.Client(
            List.of(v4.address(), v6.address()), Set.of(), Duration.ofSeconds(1), 2),
        "svc.test",
        LookupFamily.V4_ONLY);
    assertThat(complete()).containsExactly("10.0.0.1 60");
    assertThat(v4.asked).hasSize(1);
  }

  @Test
  void aFailureIsFollowedByTheNextAndARefusalByRecovery() throws Exception {
    v4.code("svc.test A", 2);
    v6.code("svc.test A", 5);
    ResolverConfig.Client config = config(v4, v6);
    Resolver resolver = resolver(config);
    resolve(resolver, "svc.test", LookupFamily.V4_ONLY);
    assertThat(hear().failure())
        .hasValueSatisfying(f -> assertThat(f.reason()).contains("REFUSED"));
    assertThat(v4.asked).hasSize(2);
    assertThat(v6.asked).hasSize(2);
    v6.has("svc.test A", 60, "10.0.0.1");
    resolve(resolver, "svc.test", LookupFamily.V4_ONLY);
    assertThat(complete()).containsExactly("10.0.0.1 60");
  }

  @Test
  void anOldServerIsAskedWithoutExtensions() throws Exception {
    v4.says(
        "svc.test A",
        asked -> LoopbackDnsServer.response(asked, asked.extended() ? 1 : 0, List.of()));
    resolve(config(v4), "svc.test", LookupFamily.V4_ONLY);
    assertThat(complete()).isEmpty();
    assertThat(v4.asked).containsExactly("UDP svc.test A +EDNS", "UDP svc.test A");
  }

  @Test
  void whoeverGuessesTheNumberWrongIsNotHeard() throws Exception {
    v4.says(
        "svc.test A",
        asked -> {
          byte[] forged = LoopbackDnsServer.response(asked, 0, List.of());
          forged[0] ^= 1;
          return forged;
        });
    v6.has("svc.test A", 60, "10.0.0.1");
    resolve(
        new ResolverConfig.Client(
            List.of(v4.address(), v6.address()), Set.of(), Duration.ofSeconds(1), 1),
        "svc.test",
        LookupFamily.V4_ONLY);
    assertThat(complete()).containsExactly("10.0.0.1 60");
  }

  @Test
  void whoAnswersGibberishIsFollowedByTheNext() throws Exception {
    v4.says("svc.test A", asked -> new byte[] {1, 2, 3});
    v6.has("svc.test A", 60, "10.0.0.1");
    resolve(
        new ResolverConfig.Client(List.of(v4.address(), v6.address()), Set.of(), LONG, 1),
        "svc.test",
        LookupFamily.V4_ONLY);
    assertThat(complete()).containsExactly("10.0.0.1 60");
  }

  @Test
  void eachQuestionComesFromAPortOfItsOwn() throws Exception {
    for (int i = 0; i < 8; i++) {
      resolve(config(v4), "svc.test", LookupFamily.V4_ONLY);
      assertThat(complete()).isEmpty();
    }
    assertThat(new HashSet<>(v4.ports)).hasSizeGreaterThan(4);
  }

  @Test
  void theFirstFamilyIsToldWhileTheOtherIsAwaited() throws Exception {
    v4.has("svc.test A", 60, "10.0.0.1").silent("svc.test AAAA");
    resolve(
        new ResolverConfig.Client(List.of(v4.address()), Set.of(), Duration.ofSeconds(1), 1),
        "svc.test",
        LookupFamily.ALL);
    Resolution first = hear();
    assertThat(first.complete()).isFalse();
    assertThat(first.answers()).containsOnlyKeys(Family.V4);
    assertThat(complete()).containsExactly("10.0.0.1 60");
  }

  @Test
  void theSystemsResolverKnowsThisMachine() throws Exception {
    resolve(new ResolverConfig.GetAddrInfo(OptionalInt.empty()), "localhost", LookupFamily.AUTO);
    assertThat(hear().records()).isNotEmpty().allMatch(r -> r.ip().isLoopbackAddress());
  }

  private SystemNameService names(Transport transport) {
    return new SystemNameService(
        control, transport, new StatsStore(1).root(), ResolverConfig.DEFAULT);
  }

  private static ResolverConfig.Client config(LoopbackDnsServer... servers) {
    return config(Set.of(), servers);
  }

  private static ResolverConfig.Client config(Set<Option> options, LoopbackDnsServer... servers) {
    return new ResolverConfig.Client(
        Stream.of(servers).map(LoopbackDnsServer::address).toList(), options, LONG, 2);
  }

  private Resolver resolver(ResolverConfig config) throws Exception {
    CompletableFuture<Resolver> made = new CompletableFuture<>();
    control.execute(() -> made.complete(names.resolver(config)));
    return made.get(LONG.toSeconds(), TimeUnit.SECONDS);
  }

  private void resolve(ResolverConfig config, String name, LookupFamily family) throws Exception {
    resolve(resolver(config), name, family);
  }

  private void resolve(Resolver resolver, String name, LookupFamily family) {
    control.execute(() -> resolver.resolve(name, family, heard::add));
  }

  private Resolution hear() throws InterruptedException {
    Resolution next = heard.poll(LONG.toSeconds() / 2, TimeUnit.SECONDS);
    assertThat(next).as("within less than the timeout").isNotNull();
    return next;
  }

  /** The addresses and TTLs of the complete answer. */
  private List<String> complete() throws InterruptedException {
    Resolution last = hear();
    while (!last.complete()) {
      last = hear();
    }
    assertThat(last.failure()).isEmpty();
    return last.records().stream()
        .map(r -> InetAddresses.toAddrString(r.ip()) + " " + r.ttl().toSeconds())
        .toList();
  }
}
