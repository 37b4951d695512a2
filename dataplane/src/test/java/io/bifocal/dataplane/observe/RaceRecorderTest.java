package io.bifocal.dataplane.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.connect.ScriptedNetwork;
import io.bifocal.xds.time.VirtualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Races in virtual time, told to the Flight Recorder, and read from what it has recorded. */
class RaceRecorderTest {
  private static final String RACE = "bifocal.ConnectRace";
  private static final String ATTEMPT = "bifocal.ConnectAttempt";

  @TempDir Path folder;
  private final VirtualTime time = new VirtualTime();
  private final ScriptedNetwork network = new ScriptedNetwork(time);
  private final RaceRecorder recorder = new RaceRecorder();
  private final RaceRunner races = new RaceRunner(time, network, recorder);

  private void race() {
    network.silent(PastRaces.V6).connects(PastRaces.V4, Duration.ofMillis(20));
    RacePlan plan = RacePlan.of("shop", List.of(PastRaces.V6, PastRaces.V4), Duration.ofSeconds(1));
    races.run(plan, outcome -> {});
    time.advance(Duration.ofSeconds(1));
  }

  private List<RecordedEvent> recorded(Recording recording, String name) throws Exception {
    Path file = folder.resolve(name + ".jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(name))
        .sorted(Comparator.comparing(RecordedEvent::getStartTime))
        .toList();
  }

  @Test
  void aRaceAndEachOfItsAttemptsAreEvents() throws Exception {
    try (Recording recording = new Recording()) {
      recording.enable(RACE);
      recording.enable(ATTEMPT);
      recording.start();
      race();
      recording.stop();

      RecordedEvent whole = recorded(recording, RACE).get(0);
      assertThat(whole.getString("cluster")).isEqualTo("shop");
      assertThat(whole.getString("host")).isEqualTo("[2001:db8::1]:80");
      assertThat(whole.getString("result")).isEqualTo("won");
      assertThat(whole.getInt("attempts")).isEqualTo(2);
      assertThat(whole.getString("winner")).isEqualTo("192.0.2.1:80");
      assertThat(whole.getString("winnerFamily")).isEqualTo("v4");
      assertThat(whole.getBoolean("backgroundRetry")).isFalse();

      List<RecordedEvent> attempts = recorded(recording, ATTEMPT);
      assertThat(attempts)
          .extracting(
              e -> e.getInt("attempt"),
              e -> e.getString("address"),
              e -> e.getString("family"),
              e -> e.getString("cause"),
              e -> e.getString("ending"))
          .containsExactly(
              tuple(0, "[2001:db8::1]:80", "v6", "first", "lost"),
              tuple(1, "192.0.2.1:80", "v4", "stagger", "won"));
      assertThat(attempts)
          .as("begun and ended when the attempt was")
          .allMatch(e -> !e.getStartTime().isBefore(whole.getStartTime()))
          .allMatch(e -> !e.getEndTime().isAfter(whole.getEndTime()))
          .allMatch(e -> e.getStackTrace() == null);
    }
  }

  @Test
  void aRecordingChoosesWhatItTakes() throws Exception {
    try (Recording recording = new Recording()) {
      recording.enable(RACE).withThreshold(Duration.ofHours(1));
      recording.disable(ATTEMPT);
      recording.start();
      race();
      recording.stop();
      assertThat(recorded(recording, RACE)).isEmpty();
      assertThat(recorded(recording, ATTEMPT)).isEmpty();
    }
  }

  @Test
  void aRaceThatBeganBeforeTheRecordingIsNotHalfTold() throws Exception {
    network.silent(PastRaces.V6);
    races.run(RacePlan.of("shop", List.of(PastRaces.V6), Duration.ofSeconds(1)), outcome -> {});
    try (Recording recording = new Recording()) {
      recording.enable(RACE);
      recording.enable(ATTEMPT);
      recording.start();
      time.advance(Duration.ofSeconds(1));
      recording.stop();
      assertThat(recorded(recording, RACE)).isEmpty();
      assertThat(recorded(recording, ATTEMPT)).isEmpty();
    }
  }

  @Test
  void aRequestThatRacedTwoPoolsIsOneRaceAndTheirAttemptsAreTheirs() throws Exception {
    try (Recording recording = new Recording()) {
      recording.enable(RACE);
      recording.enable(ATTEMPT);
      recording.start();
      RaceReport report = PastRaces.brokenHttp3("shop", 0);
      recorder.onBegin(report.plan());
      network.connects(PastRaces.V4, Duration.ofMillis(20));
      RacePlan pool = RacePlan.of("shop", List.of(PastRaces.V4), Duration.ofSeconds(1));
      races.run(pool.serving(RacePlan.Purpose.ENTRANT), outcome -> {});
      time.advance(Duration.ofSeconds(1));
      recorder.onRace(report);
      recording.stop();

      List<RecordedEvent> whole = recorded(recording, RACE);
      assertThat(whole)
          .extracting(
              e -> e.getBoolean("grid"),
              e -> e.getInt("attempts"),
              e -> e.getString("winnerTransport"))
          .containsExactly(tuple(true, 2, "tcp"));
      assertThat(recorded(recording, ATTEMPT))
          .extracting(e -> e.getString("address"), e -> e.getString("transport"))
          .containsExactly(tuple("192.0.2.1:80", "tcp"));
    }
  }
}
