package io.bifocal.conformance.rfc8305;

import static java.util.Objects.requireNonNull;

import io.bifocal.conformance.Http3Upstream;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lab with both subjects on its near side, for all suites of a run. */
final class Arena implements AutoCloseable {
  private static final int FIRST_PORT = 2000;
  private static final int WARM_UPS = 3;

  private static final Path NOTES = Path.of("target", "wire-lab.txt");

  private final List<String> notes = new ArrayList<>();
  private final Lab lab;
  private final FarSide far;
  private final Started started = new Started();
  private final Map<Subject, Contestant> contestants = new EnumMap<>(Subject.class);
  private @Nullable Http3Upstream http3;
  private int trials;

  Arena() {
    lab = started.keep(Lab.open());
    far = FarSide.of(lab);
  }

  Lab lab() {
    return lab;
  }

  FarSide far() {
    return far;
  }

  /** The failure, with the subjects' logs in its message. */
  Throwable explain(Throwable failure) {
    return started.explain(failure);
  }

  /** A race that is about to begin: the cluster is there, nothing has been sent. */
  Trial trial(Subject subject, Race race) {
    return trial(contestant(subject), race, "trial-" + trials);
  }

  /** The same for a cluster of this name. */
  Trial trial(Subject subject, Race race, String name) {
    return trial(contestant(subject), race, name);
  }

  private Trial trial(Contestant contestant, Race race, String name) {
    trials++;
    return new Trial(this, contestant, new RacedCluster(name, FIRST_PORT + trials, race, far))
        .begin();
  }

  private Contestant contestant(Subject subject) {
    Contestant running = contestants.get(subject);
    if (running == null || !running.isAlive()) {
      running = new Contestant(subject, lab, started);
      contestants.put(subject, running);
      warmUp(running);
    }
    return running;
  }

  /** A JVM's first steps are slow, and times are asserted. */
  private void warmUp(Contestant contestant) {
    for (int i = 0; i < WARM_UPS; i++) {
      for (Race race :
          List.of(
              Race.of("6a 4a").where("6a silent").inARow(2),
              Race.of("6a 4a").where("6a refused, 4a refused").inARow(5))) {
        var unused = trial(contestant, race, "warm-up-" + trials).run();
      }
    }
  }

  /** The servers of HTTP/3 on the far side; all have the certificate of the first. */
  Http3Upstream http3(Map<String, ?> service) {
    if (http3 == null) {
      http3 =
          started.keep(
              Http3Upstream.start(
                  lab.far(),
                  Path.of(requireNonNull(service.get("certificate")).toString()),
                  Path.of(requireNonNull(service.get("key")).toString())));
    }
    return http3;
  }

  /** Sets a value of a subject's runtime. */
  void runtime(Subject subject, String key, String value) {
    contestant(subject).runtime(key, value);
  }

  /** Writes down what was seen, for whoever wants to read it after the run. */
  void note(String line) {
    notes.add(line);
  }

  @Override
  public void close() throws IOException {
    started.close();
    Files.write(NOTES, notes);
  }
}
