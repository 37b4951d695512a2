package io.bifocal.conformance.rfc8305;

import io.bifocal.conformance.Subject;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When attempts start and which one wins. */
class RaceTest {
  @RegisterExtension static final WireLab wire = new WireLab();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void nothingAmissIsOneAttempt(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a"),
        Expected.onTheWire("0 6a")
            .replies("200 6a at 0")
            .counts("upstream_cx_total 1")
            .logs("200 - via_upstream - host=6a remote=6a tries=1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aSilentAddressCostsOneDelay(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a silent"),
        Expected.onTheWire("0 6a, 300 4a")
            .replies("200 4a at 300")
            .counts("upstream_cx_total 2, upstream_cx_active 1, upstream_cx_connect_fail 0")
            .logs("200 - via_upstream - host=6a remote=4a tries=1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRefusalStartsTheNextAtOnce(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a refused"),
        Expected.onTheWire("0 6a, 0 4a")
            .replies("200 4a at 0")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void soDoesAHostThatCannotBeReached(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b").where("6a unreachable, 4a unreachable"),
        Expected.onTheWire("0 6a, 0 4a, 0 6b")
            .replies("200 6b at 0")
            .counts("upstream_cx_total 3, upstream_cx_connect_fail 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void soDoesAnAddressWithoutARoute(Subject subject) {
    wire.run(
        subject,
        Race.of("6x 4x 6a"),
        Expected.onTheWire("0 6a")
            .replies("200 6a at 0")
            .counts("upstream_cx_total 3, upstream_cx_connect_fail 0")
            .logs("host=6x remote=6a"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAnswerWithinTheDelayIsTheOnlyAttempt(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a answers after 220"),
        Expected.onTheWire("0 6a").replies("200 6a at 440"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theFirstCanStillWinWhenTheSecondHasStarted(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a answers after 380, 4a answers after 800"),
        Expected.onTheWire("0 6a, 300 4a")
            .replies("200 6a at 760")
            .counts("upstream_cx_total 2, upstream_cx_active 1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void familiesTakeTurns(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 6b 4a 4b").where("6a silent, 4a silent, 6b silent"),
        Expected.onTheWire("0 6a, 300 4a, 600 6b, 900 4b")
            .replies("200 4b at 900")
            .counts("upstream_cx_total 4"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void oneFamilyAloneRacesToo(Subject subject) {
    wire.run(
        subject,
        Race.of("4a 4b 4c 4d").where("4a silent, 4b silent, 4c silent, 4d silent").within("1.2s"),
        Expected.onTheWire("0 4a, 300 4b, 600 4c, 900 4d").replies(Outcome.TIMED_OUT + " at 1200"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRefusalStartsTheDelayAnew(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b 4b").where("6a refused after 10, 4a silent, 6b silent"),
        Expected.onTheWire("0 6a, 10 4a, 310 6b, 610 4b").replies("200 4b at 610"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whoeverIsRefusedWhileAnotherWaits(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b").where("6a silent, 4a refused"),
        Expected.onTheWire("0 6a, 300 4a, 300 6b").replies("200 6b at 300"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theRefusalOfAnOlderAttemptStartsTheNextToo(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b 4b 6c").where("6a silent, 4a refused after 450, 6b silent, 4b silent"),
        Expected.onTheWire("0 6a, 300 4a, 600 6b, 750 4b, 1050 6c").replies("200 6c at 1050"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theLastOneLeftIsWaitedFor(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b").where("6a answers after 600, 4a refused, 6b refused"),
        Expected.onTheWire("0 6a, 300 4a, 300 6b").replies("200 6a at 1200"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAddressThatIsThereTwiceIsTriedTwice(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 6a 4a").where("6a silent, 4a silent").within("0.9s"),
        Expected.onTheWire("0 6a, 300 4a, 600 6a")
            .replies(Outcome.TIMED_OUT + " at 900")
            .counts("upstream_cx_total 3"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void oneAddressIsNoRace(Subject subject) {
    wire.run(
        subject,
        Race.of("6a").where("6a silent").within("0.5s"),
        Expected.onTheWire("0 6a")
            .replies(Outcome.TIMED_OUT + " at 500")
            .counts(
                "upstream_cx_total 1, upstream_cx_connect_fail 1, upstream_cx_connect_timeout 1"));
  }
}
