package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.SideBySide.Both;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.http3.UpstreamHttp3Side.Seen;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upstreams of HTTP/3 that are not ours, beside Envoy. */
@LongRun
class UpstreamHttp3AgreementTest {
  @RegisterExtension
  static final Sides<UpstreamHttp3Side> SIDES = new Sides<>(UpstreamHttp3Side::new);

  @ParameterizedTest
  @CsvSource({
    "h3, GET, /, 0",
    "v6, GET, /echo, 0",
    "h3, POST, /echo, 10",
    "h3, POST, /echo, 3000000",
    "narrow, POST, /echo, 300000",
    "h3, GET, /large/3000000, 0",
    "h3, GET, /large/0, 0",
    "h3, GET, /trailers, 0",
    "h3, GET, /hints, 0",
    "h3, GET, /status/204, 0",
    "h3, GET, /status/304, 0",
    "h3, GET, /status/500, 0",
    "h3, GET, /head/30000, 0",
    "h3, GET, /head/100000, 0",
    "h3, GET, /many/90, 0",
    "h3, GET, /many/200, 0",
    "h3, POST, /early, 20000",
    "h3, GET, /part/reset/102, 0",
    "h3, GET, /part/reset/100, 0",
    "h3, GET, /part/close/102, 0",
    "h3, GET, /part/close/100, 0",
    "h3, GET, /part/break/1, 0",
    "h3, GET, /close, 0",
    "h3, GET, /break/0, 0",
    "h3, GET, /break/a, 0",
    "h3, GET, /goaway/before, 0",
    "h3, GET, /, 0",
    "h3, GET, /again/reset/102, 0",
    "h3, GET, /again/reset/10c, 0",
    "h3, GET, /hurry/never, 0",
  })
  void bothGiveTheSame(String cluster, String method, String path, int length) {
    String body = "x".repeat(length);
    SIDES.same(side -> side.ask(cluster, method, path, body));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "21", "100", "101", "102", "103", "104", "105", "106", "107", "108", "109", "10a", "10c",
        "10d", "10e", "10f", "110", "12345"
      })
  void bothUnderstandResetsAlike(String code) {
    SIDES.same(side -> side.ask("h3", "GET", "/reset/" + code, ""));
  }

  /** By RFC 9114, section 4.1.1, it can be sent again. */
  @Test
  void whatWasRejectedIsARefusedStreamForUs() {
    Both<Seen> seen = SIDES.ask(side -> side.ask("h3", "GET", "/reset/10b", ""));
    assertThat(seen.envoy().log()).contains("503 UR ", "{remote_reset|");
    assertThat(seen.bifocal().log()).contains("503 UR ", "{remote_refused_stream_reset|");
  }

  @Test
  void anAnswerToHeadHasNoBody() {
    Both<Seen> seen = SIDES.ask(side -> side.ask("h3", "HEAD", "/", ""));
    assertThat(seen.bifocal().log()).isEqualTo(seen.envoy().log()).startsWith("200 - ");
  }

  /** RFC 9114, section 5.2; with Envoy it waits for its time-out. */
  @Test
  void whatAGoAwayLeavesOutIsSentAgainByUs() {
    UpstreamHttp3Side bifocal = SIDES.side(Subject.BIFOCAL);
    assertThat(bifocal.ask("h3", "GET", "/again/goaway/once", ""))
        .extracting(Seen::status, Seen::log)
        .contains("200")
        .last()
        .asString()
        .contains(" HTTP/3 TLSv1.3 - 2 ");
    assertThat(bifocal.ask("h3", "GET", "/goaway/twice", "").log())
        .contains("503 UR ", "{remote_refused_stream_reset}");
  }

  // ---- answers that are none

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no-status",
        "status-late",
        "of-a-request",
        "upper",
        "connection",
        "te",
        "two-lines",
        "good-trailers",
        "trailers-alone",
        "101",
        "100",
        "102",
        "hundred-hints",
        "long",
        "no-number",
        "unknown-frames",
        "empty-data",
      })
  void bothReadTheSame(String answer) {
    SIDES.same(side -> side.ask("h3", "GET", "/answers/" + answer, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "two-statuses, 503 LR, 502 UPE",
    "103-alone, 503 UC, 502 UPE",
    "data-first, 503 UC, 502 UPE",
    "nothing, 503 UC, 502 UPE",
    "settings, 503 UC, 502 UPE",
    "garbage, 503 UC, 502 UPE",
    "pseudo-trailers, 200 UC, 200 UPE",
    "short, 200 UPE, 200 UPE", // what there was of it had gone on already
    "two-lengths, 502 UPE, 200 -", // the same one twice; RFC 9110, section 8.6
  })
  void whatIsMalformedIsAProtocolErrorForUs(String answer, String envoy, String bifocal) {
    Both<Seen> seen = SIDES.ask(side -> side.ask("h3", "GET", "/answers/" + answer, ""));
    assertThat(seen.envoy().log()).startsWith(envoy + " ");
    assertThat(seen.bifocal().log()).startsWith(bifocal + " ");
  }

  // ---- connections

  @Test
  void asManyAreUnderWayAtOnceAsTheServerAllows() {
    Both<List<Seen>> seen = SIDES.ask(side -> side.askAtOnce(5, "two", "/slow/300"));
    assertThat(seen.bifocal()).containsExactlyInAnyOrderElementsOf(seen.envoy());
    Both<SortedMap<String, String>> counted = SIDES.ask(side -> side.counters("two"));
    counted.envoy().remove("upstream_rq_pending_total"); // how many were there before it was up
    counted.bifocal().remove("upstream_rq_pending_total");
    assertThat(counted.bifocal()).isEqualTo(counted.envoy());
  }

  @Test
  void soManyWaitForAConnectionAsTheBreakerAllows() {
    Both<List<Seen>> seen = SIDES.ask(side -> side.askAtOnce(9, "silent", "/"));
    for (List<Seen> each : List.of(seen.envoy(), seen.bifocal())) {
      assertThat(each).filteredOn(one -> one.log().startsWith("503 UO ")).hasSize(6);
      assertThat(each).filteredOn(one -> one.log().startsWith("503 UF ")).hasSize(3);
    }
    // Envoy's library waits for a second, we for the cluster's time.
    assertThat(seen.bifocal())
        .extracting(Seen::log)
        .anyMatch(l -> l.contains("{connection_timeout}"));
    Both<SortedMap<String, String>> counted = SIDES.ask(side -> side.counters("silent"));
    for (String counter :
        List.of(
            "upstream_rq_pending_total",
            "upstream_rq_pending_overflow",
            "upstream_rq_pending_failure_eject")) {
      assertThat(counted.bifocal().get(counter)).isEqualTo(counted.envoy().get(counter));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"counted", "counted-stranger", "counted-nobody"})
  void bothCountTheSame(String cluster) {
    var unused = SIDES.ask(side -> side.ask(cluster, "POST", "/echo", "x".repeat(1000)));
    var unusedSecond = SIDES.ask(side -> side.ask(cluster, "GET", "/", ""));
    Both<SortedMap<String, String>> counted = SIDES.ask(side -> side.counters(cluster));
    if (!cluster.equals("counted")) { // as over TCP it is the peer's fault, but not for Envoy
      assertThat(counted.envoy().remove("upstream_cx_destroy_local"))
          .isEqualTo(counted.bifocal().remove("upstream_cx_destroy_remote"));
    }
    assertThat(counted.bifocal()).isEqualTo(counted.envoy());
  }

  @ParameterizedTest
  @CsvSource({
    "nobody, delayed_connect_error:_Connection_refused",
    "stranger, unable_to_get_local_issuer_certificate"
  })
  void aConnectionThatCannotBeMadeIsThePeersFault(String cluster, String why) {
    Both<Seen> seen = SIDES.ask(side -> side.ask(cluster, "GET", "/", ""));
    assertThat(seen.envoy().log()).startsWith("503 UF ").contains("{local_connection_failure|");
    assertThat(seen.bifocal().log())
        .startsWith("503 UF ")
        .contains("{remote_connection_failure|", why);
  }

  /** After five seconds for us; with Envoy it takes between six and seven. */
  @Test
  void aServerThatDiedIsNoticed() {
    assertThat(SIDES.ask(side -> side.ask("dead", "GET", "/", "").status()).bifocal())
        .isEqualTo("200");
    Both<Seen> seen =
        SIDES.ask(
            side -> {
              side.freeze();
              return side.ask("dead", "GET", "/", "");
            });
    assertThat(seen.bifocal()).isEqualTo(seen.envoy());
    assertThat(seen.bifocal().log()).startsWith("503 UC ");
  }

  // ---- servers that are not to be spoken to

  /** The reasons are ours; what Envoy tells is its library's alert. */
  @ParameterizedTest
  @CsvSource({
    "stranger, unable_to_get_local_issuer_certificate",
    "self-signed, self_signed_certificate",
    "expired, certificate_has_expired",
    "early, certificate_is_not_yet_valid",
    "of-a-client, unsupported_certificate_purpose",
    "revoked, certificate_revoked",
    "weak, 'Invalid_leaf_cert,_only_RSA_certificates_with_2048-bit_or_larger_keys'",
    "other-name, 'SAN_matcher,_certificate_SANs_are_[x.test]'",
    "other-protocol, No_common_ALPN_protocols",
    "mute, connection_timeout",
  })
  void bothRefuseABadPeerCountItAlikeAndGoOn(String peer, String reason) {
    Both<Seen> seen = SIDES.ask(side -> side.ask("bad-" + peer, "GET", "/", ""));
    assertThat(seen.envoy().log()).startsWith("503 UF ");
    assertThat(seen.bifocal().log()).startsWith("503 UF ").contains(reason);
    Both<SortedMap<String, String>> counted = SIDES.ask(side -> side.verdicts("bad-" + peer));
    assertThat(counted.bifocal()).isEqualTo(counted.envoy());
    assertThat(counted.bifocal()).containsEntry("upstream_cx_connect_fail", "1");
    Both<Seen> after = SIDES.ask(side -> side.ask("after-" + peer, "GET", "/", ""));
    assertThat(after.bifocal()).isEqualTo(after.envoy());
    assertThat(after.bifocal().body()).as("the other family's HTTP/3").isEqualTo("udp ::1");
  }

  /** As over no other transport; whatever else is configured. */
  @ParameterizedTest
  @ValueSource(strings = {"other-host", "untrusted", "no-host"})
  void bothWantACertificateForTheNameThatIsAskedFor(String cluster) {
    Both<Seen> seen = SIDES.ask(side -> side.ask(cluster, "GET", "/", ""));
    assertThat(seen.envoy().log()).startsWith("503 UF ");
    assertThat(seen.bifocal().log())
        .startsWith("503 UF ")
        .contains("Leaf_certificate_doesn't_match_hostname:");
  }

  /** The handshake is over for who shows none when the server says so, and with it the race. */
  @ParameterizedTest
  @ValueSource(strings = {"bad-judging", "after-judging"})
  void aServerThatWantsACertificateAndGetsNoneLosesTheRequest(String cluster) {
    Both<Seen> seen = SIDES.ask(side -> side.ask(cluster, "GET", "/", ""));
    assertThat(seen.envoy().log()).startsWith("503 UC ");
    assertThat(seen.bifocal().log()).startsWith("503 UC ");
  }

  // ---- connections that are idle, and their sessions

  @ParameterizedTest
  @ValueSource(strings = {"idle", "quiet"})
  void anIdleConnectionEndsInItsTime(String cluster) {
    Both<SortedMap<String, String>> counted =
        SIDES.ask(
            side -> {
              for (int i = 0; i < 2; i++) {
                assertThat(side.ask(cluster, "GET", "/", "").status()).isEqualTo("200");
                side.awaitIdle(cluster);
              }
              return side.counters(cluster);
            });
    SortedMap<String, String> envoy = counted.envoy();
    envoy.remove("upstream_cx_connect_with_0_rtt"); // which we do without
    envoy.remove("upstream_rq_0rtt");
    if (cluster.equals("quiet")) { // for us it is the peer who is not there any more
      envoy.put("upstream_cx_destroy_remote", envoy.remove("upstream_cx_destroy_local"));
    }
    assertThat(counted.bifocal()).isEqualTo(envoy);
    assertThat(envoy).containsEntry("upstream_cx_total", "2");
  }

  /** A server whose session is resumed shows no certificate that could be judged. */
  @Test
  void eachOfOurConnectionsIsANewSession() {
    UpstreamHttp3Side bifocal = SIDES.side(Subject.BIFOCAL);
    for (int i = 0; i < 3; i++) {
      assertThat(bifocal.ask("sessions", "GET", "/session", "").body()).isEqualTo("new");
    }
    UpstreamHttp3Side envoy = SIDES.side(Subject.ENVOY);
    assertThat(envoy.ask("sessions", "GET", "/session", "").body()).isEqualTo("new");
    assertThat(envoy.ask("sessions", "GET", "/session", "").body()).isEqualTo("resumed");
  }
}
