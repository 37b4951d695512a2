package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * HTTP/3 first, over both families, with TCP behind it: the rows of {@code docs/happy-eyeballs.md}.
 * The origin is known to speak it.
 */
class Http3RaceTest {
  private static final int CHANCES = 3;
  private static final String GUARD = "envoy.reloadable_features.http3_happy_eyeballs";

  @RegisterExtension static final WireLab wire = new WireLab();

  @TempDir static Path directory;

  /** A JVM's first steps are slow, and times are asserted. */
  private static final Set<Subject> warm = EnumSet.noneOf(Subject.class);

  private static Map<String, ?> good = Map.of();
  private static Path authority = Path.of("");

  /** Envoy as it ships tries one family. */
  private enum Way {
    ENVOY(Subject.ENVOY, ""),
    ENVOY_WITH_GUARD(Subject.ENVOY, "true"),
    BIFOCAL(Subject.BIFOCAL, ""),
    BIFOCAL_WITHOUT_GUARD(Subject.BIFOCAL, "false");

    private final Subject subject;
    private final String guard;

    Way(Subject subject, String guard) {
      this.subject = subject;
      this.guard = guard;
    }

    boolean triesBothFamilies() {
      return this == ENVOY_WITH_GUARD || this == BIFOCAL;
    }
  }

  @BeforeAll
  static void makeCertificates() throws Exception {
    LabAuthority trusted = LabAuthority.make(directory, "http3");
    authority = trusted.certificate();
    good = trusted.server("http3-server");
  }

  private static Race race(String addresses) {
    String http3 = "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3";
    String http = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    Race race =
        Race.of(addresses)
            .served("", good)
            .with(
                ("transport_socket: {name: envoy.transport_sockets.quic, typed_config: {\"@type\": %s.QuicUpstreamTransport,"
                        + " upstream_tls_context: {sni: server.lab, common_tls_context:"
                        + " {validation_context: {trusted_ca: {filename: \"%s\"}}}}}}")
                    .formatted(http3, authority))
            .with(
                ("typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\": %s,"
                        + " auto_config: {http3_protocol_options: {},"
                        + " alternate_protocols_cache_options: {name: $NAME, prepopulated_entries:"
                        + " [{hostname: server.lab, port: $PORT}]}}}}")
                    .formatted(http));
    for (String address : addresses.split(" ")) {
      race = race.served(Race.HTTP3 + address, good);
    }
    return race.ours("").within("1s");
  }

  /** What was only late is given another chance. */
  private static void run(Way way, Race race, Expected expected) {
    begin(way);
    List<Difference> differences = expected.differencesTo(observe(way, race));
    for (int i = 1; i < CHANCES && Difference.areOnlyLate(differences); i++) {
      differences = expected.differencesTo(observe(way, race));
    }
    assertThat(differences).as("%s", way).isEmpty();
  }

  private static Observation observe(Way way, Race race) {
    Trial trial = wire.trial(way.subject, race);
    Observation seen = trial.run();
    wire.arena().note(way + ": " + seen);
    settle(trial);
    return seen;
  }

  /** Envoy does not survive that a cluster goes while an attempt at HTTP/3 is under way. */
  private static void settle(Trial trial) {
    await().until(() -> trial.stat("upstream_rq_pending_active") == 0);
  }

  private static void begin(Way way) {
    wire.arena().runtime(way.subject, GUARD, way.guard);
    if (warm.add(way.subject)) {
      var unused = observe(way, race("6a 4a"));
      var unusedFailure = observe(way, race("6a 4a").where("udp 6a silent"));
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void whereAllIsWellThereIsHttp3Alone(Way way) {
    run(
        way,
        race("6a 4a"),
        Expected.onTheWire("0 u6a")
            .replies("200 u6a at 0")
            .counts("upstream_cx_total 1, upstream_cx_http3_total 1"));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aSilentFamilyCostsOneDelay(Way way) {
    run(
        way,
        race("6a 4a").where("udp 6a silent, tcp 6a answers after 60, tcp 4a answers after 60"),
        way.triesBothFamilies()
            ? Expected.onTheWire("0 u6a, 300 6a, 300 u4a").replies("200 u4a at 300")
            : Expected.onTheWire("0 u6a, 300 6a"));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void afterThatTheNextRequestPaysNothingWhereItIsRemembered(Way way) {
    begin(way);
    Trial trial =
        wire.trial(way.subject, race("6a 4a").where("udp 6a silent, tcp 6a silent, tcp 4a silent"));
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long sent = System.nanoTime();
      int status =
          trial.contestant().request(trial.name(), new Race.Request("GET", Map.of(), "")).status();
      waits.add(Millis.between(sent, System.nanoTime()));
      if (!way.triesBothFamilies()) {
        assertThat(status).isEqualTo(503);
        settle(trial);
        return;
      }
      assertThat(status).isEqualTo(200);
    }
    settle(trial);
    assertThat(waits.get(0)).isGreaterThan(300 - Millis.EARLY);
    if (way == Way.BIFOCAL) {
      assertThat(Collections.min(waits.subList(1, 4))).as("%s", waits).isLessThan(Millis.LATE);
    } else {
      assertThat(waits.get(1)).as("%s", waits).isGreaterThan(300 - Millis.EARLY);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void whereNoDatagramComesThroughTcpServesAndHttp3IsBroken(Way way) {
    begin(way);
    Race race = race("6a 4a").where("udp 6a silent, udp 4a silent");
    Trial trial = wire.trial(way.subject, race);
    Observation seen = trial.run();
    String attempts = way.triesBothFamilies() ? "0 u6a, 300 6a, 300 u4a" : "0 u6a, 300 6a";
    assertThat(Expected.onTheWire(attempts).replies("200 6a at 300").differencesTo(seen))
        .filteredOn(difference -> !difference.late())
        .isEmpty();
    trial.awaitStat("upstream_http3_broken", 1);
    settle(trial);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void whereNothingAnswersNothingIsBroken(Way way) {
    run(
        way,
        race("6a 4a").where("udp 6a silent, udp 4a silent, tcp 6a silent, tcp 4a silent"),
        Expected.onTheWire(
                way.triesBothFamilies()
                    ? "0 u6a, 300 6a, 300 u4a, 600 4a"
                    : "0 u6a, 300 6a, 600 4a")
            .replies(Outcome.TIMED_OUT + " at 1300")
            .counts("upstream_http3_broken 0"));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aSecondAddressOfTheSameFamilyIsNotTried(Way way) {
    run(
        way,
        race("6a 6b").where("udp 6a silent"),
        Expected.onTheWire("0 u6a, 300 6a").replies("200 6a at 300"));
  }

  // Whether Envoy hears of that is left to chance: in some runs it waits its 300 ms.
  @ParameterizedTest
  @EnumSource(value = Way.class, mode = EnumSource.Mode.MATCH_NONE, names = "ENVOY.*")
  void whereDatagramsAreRefusedNobodyWaits(Way way) {
    run(
        way,
        race("6a 4a").where("udp 6a refused, udp 4a refused"),
        Expected.onTheWire(way.triesBothFamilies() ? "0 u6a, 0 u4a, 0 6a" : "0 u6a, 0 6a")
            .replies("200 6a at 0")
            .counts("upstream_http3_broken 1"));
  }
}
