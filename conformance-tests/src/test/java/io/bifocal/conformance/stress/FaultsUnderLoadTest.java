package io.bifocal.conformance.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Footprint;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.stress.Ledger.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Upstreams that fail while both protocols are in use on both sides. What is answered is whole;
 * what is not was the fault's; nothing arrives more often than the retry policy lets it.
 */
class FaultsUnderLoadTest {
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;
  private static final int NO_BUFFER_FOR_ANOTHER_TRY = 507;

  @RegisterExtension final Stage stage = new Stage();

  private static String cluster(int number) {
    return number % 2 == 0 ? "/one/" : "/two/";
  }

  /** Asks by both protocols, and waits until so many more requests came to an end. */
  private static void asked(Ledger ledger, int more) {
    int before = ledger.size();
    Awaitility.await("load")
        .atMost(Duration.ofMinutes(5))
        .until(() -> ledger.size() >= before + more);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAnswerThatIsResetIsCutAndNoOther(Subject subject) {
    resets(subject, 3000);
  }

  @LongRun
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAnswerThatIsResetIsCutAndNoOtherForLong(Subject subject) {
    resets(subject, 10_000);
  }

  private void resets(Subject subject, int requests) {
    Scene scene = new Scene(stage, subject, 0, 0);
    try (Load load =
        new Load(
                scene.door,
                scene.ledger,
                n -> cluster(n) + (n % 7 < 2 ? "cut/" : n % 7 == 2 ? "again/" : "plain/") + n)
            .http1(4)
            .http2(2, 4)) {
      asked(scene.ledger, 500);
      Footprint before = Footprint.of(subject, scene.proxy);
      asked(scene.ledger, requests);
      Footprint after = Footprint.of(subject, scene.proxy);

      assertThat(
              scene.exceptions(
                  load,
                  (asked, arrived) ->
                      arrived == 1
                          && (asked.path().contains("/cut/")
                              ? asked.outcome() == Outcome.CUT
                              : asked.outcome() == Outcome.ANSWERED)))
          .isEmpty();
      assertThat(scene.ledger.count("/cut/", Outcome.CUT)).isGreaterThan(requests / 7);
      after.assertFlatSince(before, subject);
    }
  }

  /** Its port refuses meanwhile, and what was on its connections is lost. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anUpstreamThatVanishesAndComesBackIsUsedAgain(Subject subject) {
    vanishing(subject, 6);
  }

  @LongRun
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anUpstreamThatVanishesAndComesBackIsUsedAgainForLong(Subject subject) {
    vanishing(subject, 20);
  }

  private void vanishing(Subject subject, int times) {
    Scene scene = new Scene(stage, subject, Ports.free(), Ports.free());
    try (Load load =
        new Load(scene.door, scene.ledger, n -> cluster(n) + (n % 3 == 0 ? "again/" : "plain/") + n)
            .http1(4)
            .http2(2, 4)) {
      asked(scene.ledger, 300);
      Footprint before = Footprint.of(subject, scene.proxy);
      for (int i = 0; i < times; i++) {
        List.of(scene.one, scene.two).forEach(i % 2 == 0 ? Origin::vanish : Origin::leave);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        scene.one.comeBack();
        scene.two.comeBack();
        // What was asked while it was gone ends, and then all is well again.
        asked(scene.ledger, 50);
        long refused = refused(scene);
        asked(scene.ledger, 200);
        assertThat(refused(scene) - refused).as("after it came back").isZero();
      }
      Footprint after = Footprint.of(subject, scene.proxy);

      assertThat(
              scene.exceptions(
                  load,
                  (asked, arrived) ->
                      arrived <= (asked.path().contains("/again/") ? 1 + Scene.RETRIES : 1)
                          && switch (asked.outcome()) {
                            case ANSWERED -> arrived >= 1;
                            case REFUSED ->
                                asked.status() == UNAVAILABLE
                                    || (asked.status() == NO_BUFFER_FOR_ANOTHER_TRY
                                        && asked.path().contains("/again/"));
                            case CUT -> asked.status() == OK && arrived == 1;
                            case NOTHING, TORN -> false;
                          }))
          .isEmpty();
      assertThat(refused(scene)).as("while it was gone").isPositive();
      after.assertFlatSince(before, subject);
    }
  }

  private static long refused(Scene scene) {
    return scene.ledger.count("/", Outcome.REFUSED);
  }
}
