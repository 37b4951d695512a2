package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.dns.Exchanges.Carrier;
import io.bifocal.dataplane.dns.ResolverConfig.Option;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DnsClientTest {
  private static final String FIRST = "10.0.0.53";
  private static final String SECOND = "10.0.0.54";

  private final VirtualTime time = new VirtualTime();
  private final ScriptedServers servers = new ScriptedServers(time);
  private final StatsStore store = new StatsStore(1);
  private final ResolverStats stats = new ResolverStats(store.root());
  private final List<Resolution> heard = new ArrayList<>();
  private ResolvConf resolvConf = new ResolvConf(List.of(), List.of(), 1);
  private Set<Family> reached = EnumSet.of(Family.V4, Family.V6);
  private Admission admission = new Admission(100, stats);

  @Test
  void theFirstServerIsAskedAndItsAnswerTold() {
    servers.has("svc", Family.V6, "2001:db8::1");
    servers.has("svc", Family.V4, "10.0.0.1");
    resolve(client(config(FIRST, SECOND)), "svc", LookupFamily.ALL);
    assertThat(servers.asked).containsExactly("10.0.0.53 svc V6", "10.0.0.53 svc V4");
    assertThat(result()).isEqualTo("2001:db8::1 10.0.0.1");
    assertThat(stat("resolve_total")).isEqualTo(1);
    assertThat(stat("pending_resolutions")).isZero();
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void whoDoesNotAnswerInTimeIsFollowedByTheNext() {
    servers.has("svc", Family.V4, "10.0.0.1");
    servers.isSilent(FIRST);
    DnsClient client = client(config(FIRST, SECOND));
    client.resolve("svc", LookupFamily.V4_ONLY, heard::add);
    time.advance(Duration.ofMillis(999));
    assertThat(servers.asked).containsExactly("10.0.0.53 svc V4");
    time.advance(Duration.ofMillis(10));
    assertThat(result()).isEqualTo("10.0.0.1");
    assertThat(stat("timeouts")).isEqualTo(1);
    resolve(client, "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked)
        .as("the one that answered is asked first from now on")
        .containsExactly("10.0.0.53 svc V4", "10.0.0.54 svc V4", "10.0.0.54 svc V4");
    servers.isBack(FIRST);
    time.advance(Duration.ofSeconds(30));
    resolve(client, "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked).as("but not for ever").hasSize(4).endsWith("10.0.0.53 svc V4");
  }

  // Measured: with a timeout of 1 s Envoy 1.40 asks at 0, 1, 2 and 3.5 s (c-ares adds chance).
  @Test
  void everyServerHasItsTriesAndEachRoundWaitsLonger() {
    servers.isSilent(FIRST);
    servers.isSilent(SECOND);
    client(config(FIRST, SECOND)).resolve("svc", LookupFamily.V4_ONLY, heard::add);
    time.advance(Duration.ofMillis(5999));
    assertThat(servers.asked)
        .containsExactly(
            "10.0.0.53 svc V4", "10.0.0.54 svc V4", "10.0.0.53 svc V4", "10.0.0.54 svc V4");
    assertThat(heard).isEmpty();
    time.advance(Duration.ofMillis(1));
    assertThat(heard.get(0).failure().orElseThrow().cause()).isEqualTo(Answer.Cause.TIMEOUT);
    assertThat(stat("timeouts")).isEqualTo(4);
    assertThat(stat("get_addr_failure")).isZero();
  }

  @Test
  void whereOneFamilyHasAddressesTheOtherHasItsTurnAndNoMore() {
    servers.has("svc", Family.V4, "10.0.0.1");
    servers.isSilent("svc", Family.V6);
    client(config(FIRST, SECOND)).resolve("svc", LookupFamily.ALL, heard::add);
    time.advance(Duration.ofMillis(999));
    assertThat(heard).hasSize(1);
    assertThat(heard.get(0).complete()).isFalse();
    time.advance(Duration.ofMillis(1));
    assertThat(result()).isEqualTo("10.0.0.1");
    assertThat(servers.asked).hasSize(2);
    assertThat(time.pendingTimers()).isZero();
  }

  // Measured: Envoy 1.40 asks a server that it knows at 0, 0.26, 0.74 and 1.3 s (by chance).
  @Test
  void aServerThatIsKnownToBeQuickIsNotWaitedForSoLong() {
    DnsClient client = client(config(FIRST));
    servers.has("svc", Family.V4, "10.0.0.1");
    for (int i = 0; i < 3; i++) {
      resolve(client, "svc", LookupFamily.V4_ONLY);
    }
    heard.clear();
    servers.isSilent("svc", Family.V6);
    client.resolve("svc", LookupFamily.AUTO, heard::add);
    time.advance(Duration.ofMillis(250));
    assertThat(servers.asked).filteredOn(q -> q.endsWith("V6")).hasSize(2);
    time.advance(Duration.ofMillis(501));
    assertThat(result()).isEqualTo("10.0.0.1");
  }

  @Test
  void aLostQuestionIsRepeatedThoughTheOtherFamilyHasAddresses() {
    DnsClient client = client(config(FIRST));
    servers.has("svc", Family.V4, "10.0.0.1");
    for (int i = 0; i < 3; i++) {
      resolve(client, "svc", LookupFamily.V4_ONLY);
    }
    servers.isSilent("svc", Family.V6);
    client.resolve("svc", LookupFamily.ALL, heard::add);
    time.advance(Duration.ofMillis(100));
    servers.has("svc", Family.V6, "2001:db8::1");
    servers.isBack("svc V6");
    time.advance(Duration.ofMillis(160));
    assertThat(result()).isEqualTo("2001:db8::1 10.0.0.1");
  }

  @Test
  void whatFailsAtOnceIsStillAskedOfTheNext() {
    servers.has("svc", Family.V4, "10.0.0.1");
    servers.says("svc", Family.V6, Message.SERVER_FAILURE);
    client(config(FIRST, SECOND)).resolve("svc", LookupFamily.ALL, heard::add);
    time.advance(Duration.ofMillis(100));
    assertThat(result()).isEqualTo("10.0.0.1");
    assertThat(servers.asked).filteredOn(q -> q.endsWith("V6")).hasSize(4);
  }

  @Test
  void whoRefusesOrFailsOrIsNotThereIsFollowedAtOnce() {
    servers.has("svc", Family.V4, "10.0.0.1");
    for (int code : List.of(Message.REFUSED, Message.SERVER_FAILURE, Message.NOT_IMPLEMENTED)) {
      servers.says(FIRST, code);
      resolve(client(config(FIRST, SECOND)), "svc", LookupFamily.V4_ONLY);
      assertThat(result()).isEqualTo("10.0.0.1");
    }
    servers.isNotThere(FIRST);
    resolve(client(config(FIRST, SECOND)), "svc", LookupFamily.V4_ONLY);
    assertThat(result()).isEqualTo("10.0.0.1");
    assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void aRefusalIsAFailureUntilTheServerIsBack() {
    servers.has("svc", Family.V4, "10.0.0.1");
    servers.says(FIRST, Message.REFUSED);
    DnsClient client = client(config(FIRST));
    resolve(client, "svc", LookupFamily.V4_ONLY);
    assertThat(heard.get(0).failure()).isPresent();
    assertThat(servers.asked).as("as often as it has tries").hasSize(2);
    assertThat(stat("get_addr_failure")).isEqualTo(1);
    servers.isBack(FIRST);
    resolve(client, "svc", LookupFamily.V4_ONLY);
    assertThat(result()).isEqualTo("10.0.0.1");
  }

  @Test
  void noSuchNameIsAnAnswerAndIsCounted() {
    resolve(client(config(FIRST, SECOND)), "svc", LookupFamily.AUTO);
    assertThat(servers.asked).containsExactly("10.0.0.53 svc V6", "10.0.0.53 svc V4");
    assertThat(heard.get(0).failure()).isEmpty();
    assertThat(heard.get(0).records()).isEmpty();
    assertThat(stat("not_found")).as("once a step").isEqualTo(2);
    assertThat(stat("resolve_total")).isEqualTo(2);
  }

  @Test
  void whatWasTruncatedIsAskedForOverTcp() {
    servers.truncates("svc", Family.V4);
    resolve(client(config(FIRST)), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.carriers).containsExactly(Carrier.DATAGRAM, Carrier.STREAM);
  }

  @Test
  void whoDoesNotUnderstandIsAskedThePlainWay() {
    servers.says(FIRST, Message.FORMAT_ERROR);
    resolve(client(config(FIRST, SECOND)), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.carriers).containsExactly(Carrier.DATAGRAM, Carrier.PLAIN_DATAGRAM);
    assertThat(heard.get(0).failure().orElseThrow().reason()).isEqualTo("FORMERR");
  }

  @Test
  void tcpFromTheStartIfSoConfigured() {
    servers.has("svc", Family.V4, "10.0.0.1");
    ResolverConfig.Client config = with(Option.OVER_TCP, FIRST);
    resolve(client(config), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.carriers).containsExactly(Carrier.STREAM);
  }

  @Test
  void theSystemsServersAndSearchListAreUsed() {
    resolvConf = ResolvConf.parse(List.of("nameserver 10.0.0.54", "search a.test b.test"));
    servers.has("svc.b.test", Family.V4, "10.0.0.1");
    resolve(client(ResolverConfig.DEFAULT), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked).containsExactly("10.0.0.54 svc.a.test V4", "10.0.0.54 svc.b.test V4");
    servers.asked.clear();
    resolve(client(config(FIRST)), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked).as("a server of one's own changes no name").hasSize(2);
    servers.asked.clear();
    ResolverConfig.Client bare = with(Option.NO_SEARCH);
    resolve(client(bare), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked).containsExactly("10.0.0.54 svc V4");
    assertThat(heard.get(2).records()).isEmpty();
  }

  @Test
  void aFallbackIsAskedOnlyWhenTheSystemNamesNobody() {
    ResolverConfig.Client fallback = with(Option.FALLBACK, FIRST);
    resolve(client(fallback), "svc", LookupFamily.V4_ONLY);
    resolvConf = ResolvConf.parse(List.of("nameserver 10.0.0.54"));
    resolve(client(fallback), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked).containsExactly("10.0.0.53 svc V4", "10.0.0.54 svc V4");
  }

  @Test
  void withoutAnyServerThisMachineIsAsked() {
    resolve(client(ResolverConfig.DEFAULT), "svc", LookupFamily.V4_ONLY);
    assertThat(servers.asked).containsExactly("127.0.0.1 svc V4");
  }

  @Test
  void rotationBeginsAnywhere() {
    ResolverConfig.Client rotating = with(Option.ROTATE, FIRST, SECOND);
    servers.says(FIRST, Message.REFUSED);
    servers.says(SECOND, Message.REFUSED);
    resolve(client(rotating), "svc", LookupFamily.V4_ONLY); // chance is 0.5
    assertThat(servers.asked).containsExactly("10.0.0.54 svc V4", "10.0.0.53 svc V4");
  }

  @Test
  void familiesThatLeadNowhereAreLeftOut() {
    ResolverConfig.Client routable = with(Option.ONLY_ROUTABLE, FIRST);
    servers.has("svc", Family.V4, "10.0.0.1");
    reached = EnumSet.of(Family.V4);
    resolve(client(routable), "svc", LookupFamily.AUTO);
    resolve(client(routable), "svc", LookupFamily.ALL);
    assertThat(servers.asked).containsExactly("10.0.0.53 svc V4", "10.0.0.53 svc V4");
    assertThat(result()).isEqualTo("10.0.0.1");
    resolve(client(routable), "svc", LookupFamily.V6_ONLY);
    assertThat(heard.get(2).failure().orElseThrow().reason())
        .as("no network is no reason to forget what is known")
        .isEqualTo("no interface has an address of that family");
  }

  @Test
  void whatIsNoNameFails() {
    resolve(client(config(FIRST)), "a..b", LookupFamily.ALL);
    assertThat(heard.get(0).failure().orElseThrow().cause()).isEqualTo(Answer.Cause.LOCAL);
    assertThat(servers.asked).isEmpty();
  }

  @Test
  void aCancelledQuestionIsForgotten() {
    servers.has("svc", Family.V6, "2001:db8::1");
    servers.isSilent(FIRST);
    Resolver.Query query = client(config(FIRST)).resolve("svc", LookupFamily.ALL, heard::add);
    time.run();
    assertThat(servers.open).isEqualTo(2);
    assertThat(stat("pending_resolutions")).isEqualTo(1);
    query.cancel();
    query.cancel();
    time.advance(Duration.ofMinutes(10));
    assertThat(heard).isEmpty();
    assertThat(servers.open).isZero();
    assertThat(servers.asked).hasSize(2);
    assertThat(stat("pending_resolutions")).isZero();
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void oneThatIsCancelledBeforeItBeginsAsksNobody() {
    client(config(FIRST)).resolve("svc", LookupFamily.ALL, heard::add).cancel();
    time.advance(Duration.ofSeconds(1));
    assertThat(servers.asked).isEmpty();
    assertThat(heard).isEmpty();
  }

  @Test
  void onlySoManyLookUpsRunAtATime() {
    admission = new Admission(2, stats);
    DnsClient client = client(config(FIRST));
    List<Resolver.Query> queries = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      queries.add(client.resolve("svc" + i, LookupFamily.V4_ONLY, heard::add));
    }
    time.run();
    assertThat(servers.open).isEqualTo(2);
    assertThat(stat("waiting_resolutions")).isEqualTo(8);
    queries.get(0).cancel(); // one that runs
    queries.get(9).cancel(); // one that waits
    time.advance(Duration.ofSeconds(1));
    assertThat(heard).hasSize(8);
    assertThat(servers.mostOpen).isEqualTo(2);
    assertThat(servers.asked).doesNotContain("10.0.0.53 svc9 V4");
    assertThat(stat("waiting_resolutions")).isZero();
    assertThat(stat("pending_resolutions")).isZero();
  }

  private DnsClient client(ResolverConfig.Client config) {
    return new DnsClient(config, time, new Surroundings(), servers, admission, stats, () -> 0.5);
  }

  private void resolve(DnsClient client, String name, LookupFamily family) {
    client.resolve(name, family, heard::add);
    time.advance(Duration.ofMillis(100));
  }

  private static ResolverConfig.Client config(String... servers) {
    return new ResolverConfig.Client(
        Stream.of(servers).map(text -> new Address.Ip(InetAddresses.forString(text), 53)).toList(),
        Set.of(),
        Duration.ofSeconds(1),
        2);
  }

  private static ResolverConfig.Client with(Option option, String... servers) {
    return new ResolverConfig.Client(
        config(servers).servers(), Set.of(option), Duration.ofSeconds(1), 1);
  }

  /** The addresses that were heard of last. */
  private String result() {
    Resolution last = heard.get(heard.size() - 1);
    assertThat(last.complete()).isTrue();
    return String.join(
        " ", last.records().stream().map(r -> InetAddresses.toAddrString(r.ip())).toList());
  }

  private long stat(String name) {
    return Stream.concat(
            store.counters().stream()
                .filter(c -> c.name().full().equals("dns.cares." + name))
                .map(Counter::value),
            store.gauges().stream()
                .filter(g -> g.name().full().equals("dns.cares." + name))
                .map(Gauge::value))
        .findFirst()
        .orElseThrow();
  }

  private final class Surroundings implements Machine {
    @Override
    public ResolvConf resolvConf() {
      return resolvConf;
    }

    @Override
    public HostsFile hosts() {
      return HostsFile.NONE;
    }

    @Override
    public boolean reaches(Family family) {
      return reached.contains(family);
    }
  }
}
