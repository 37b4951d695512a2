package io.bifocal.conformance.envoy;

import static org.awaitility.Awaitility.await;

import com.google.rpc.Status;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Quiet;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.envoy.Step.CloseStreams;
import io.bifocal.conformance.envoy.Step.Push;
import io.bifocal.conformance.envoy.Step.Say;
import io.bifocal.conformance.envoy.Step.Silence;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.ScriptedControlPlane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;

/** Plays the script to one subject, and records. */
final class Performance {
  /** Longer than a subject thinks, shorter than a reader's patience. */
  private static final Duration QUIET = Duration.ofMillis(400);

  /** Three streams that break at once cost up to 7.5 seconds. */
  private static final Duration ANSWER = Duration.ofSeconds(9);

  private static final Duration DRAINING = Duration.ofSeconds(4);

  /**
   * Not {@code server.state}: Envoy brings it up to date only when it flushes its statistics, every
   * 5 seconds.
   */
  private static final List<String> STATS =
      List.of(
          "cluster_manager.active_clusters",
          "cluster_manager.warming_clusters",
          "cluster_manager.cds.update_attempt",
          "cluster_manager.cds.update_failure",
          "cluster_manager.cds.update_rejected",
          "cluster_manager.cds.update_success",
          "cluster_manager.cds.version_text",
          "cluster_manager.cds.version",
          "cluster.e1.assignment_stale",
          "cluster.e1.assignment_use_cached",
          "cluster.e1.init_fetch_timeout",
          "cluster.e1.membership_total",
          "cluster.e2.membership_total",
          "cluster.e2.update_rejected",
          "cluster_manager.cds.init_fetch_timeout",
          "listener_manager.lds.init_fetch_timeout",
          "http.ingress.rds.r1.init_fetch_timeout",
          "cluster.e1.update_rejected",
          "cluster.e1.update_success",
          "control_plane.connected_state",
          "http.ingress.rds.r1.update_rejected",
          "http.ingress.rds.r1.update_success",
          "http.ingress.rds.r1.version_text",
          "listener_manager.lds.update_attempt",
          "listener_manager.lds.update_failure",
          "listener_manager.lds.update_rejected",
          "listener_manager.lds.update_success",
          "listener_manager.lds.version_text",
          "listener_manager.total_listeners_active",
          "listener_manager.total_listeners_warming");

  private final ScriptedControlPlane server;
  private final Proxy proxy;
  private final Scene scene;
  private final Dialect dialect;
  private final Map<String, List<String>> wire = new LinkedHashMap<>();
  private final Map<String, List<String>> shown = new LinkedHashMap<>();
  private final Map<String, List<String>> errors = new LinkedHashMap<>();
  private final StreamNames streams = new StreamNames();
  private int read;

  private Performance(ScriptedControlPlane server, Proxy proxy, Scene scene, Dialect dialect) {
    this.scene = scene;
    this.server = server;
    this.proxy = proxy;
    this.dialect = dialect;
  }

  /** What was said on the wire, and what the admin interface showed. */
  record Notes(Recording wire, Recording shown, Map<String, List<String>> errors) {
    private static String brief(String error) {
      String flat = error.replace('\n', ' ');
      return flat.length() <= 400
          ? flat
          : flat.substring(0, 250)
              + " … "
              + flat.substring(flat.length() - 150)
              + " ("
              + error.length()
              + " characters)";
    }

    /** For whoever looks into a difference: errors too, which are not compared word for word. */
    private void write(Path file) {
      StringBuilder text = new StringBuilder();
      wire.steps()
          .forEach(
              (title, lines) -> {
                text.append(title).append('\n');
                lines.forEach(line -> text.append("  ").append(line).append('\n'));
                errors
                    .getOrDefault(title, List.of())
                    .forEach(
                        error -> text.append("      says: ").append(brief(error)).append('\n'));
                shown
                    .steps()
                    .getOrDefault(title, List.of())
                    .forEach(line -> text.append("    ").append(line).append('\n'));
              });
      try {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** To be called on any thread; what it starts ends with it. */
  static Notes play(Scene scene, Subject subject, Dialect dialect) throws IOException {
    try (Started started = new Started()) {
      try {
        return play(started, scene, subject, dialect);
      } catch (RuntimeException | AssertionError e) {
        if (started.explain(e) instanceof AssertionError explained) {
          throw explained;
        }
        throw e;
      }
    }
  }

  private static Notes play(Started started, Scene scene, Subject subject, Dialect dialect) {
    ScriptedControlPlane server = started.keep(new ScriptedControlPlane());
    Proxy proxy =
        started.start(subject, List.of(), scene.bootstrap(server.port(), dialect), List.of());
    Performance performance = new Performance(server, proxy, scene, dialect);
    performance.waitFor(() -> !server.requests().isEmpty());
    List<Step> steps = scene.steps(dialect);
    if (!(steps.get(0) instanceof Silence)) { // which begins with the first word
      performance.note("start", List.of());
    }
    for (Step step : steps) {
      performance.play(step);
    }
    Notes notes =
        new Notes(
            new Recording(performance.wire), new Recording(performance.shown), performance.errors);
    notes.write(Path.of("target", "recordings", "%s-%s-%s.txt".formatted(scene, dialect, subject)));
    return notes;
  }

  private void play(Step step) {
    int before = server.requests().size();
    if (step instanceof Push push) {
      String nonce = server.push(push.type(), push.version(), push.resources());
      awaitAnswer(push.answer(), before, List.of(nonce));
    } else if (step instanceof Say say) {
      List<String> nonces =
          say.responses().stream().map(response -> response.sendBy(server, dialect)).toList();
      awaitAnswer(say.answer(), before, nonces);
    } else if (step instanceof Silence silence) {
      pause(silence.duration());
    } else if (step instanceof CloseStreams close) {
      server.hangUp(close.hangUps());
      server.closeStreams();
      waitFor(() -> server.requests().size() >= before + close.requestsExpected());
    }
    note(step.title(), step.mustName());
  }

  private void awaitAnswer(Step.Answer answer, int before, List<String> nonces) {
    waitFor(
        switch (answer) {
          case ANSWERED, ANSWERED_AND_MORE_AFTER_DRAINING -> () -> answered(before, nonces);
          case HELD_BACK -> () -> server.requests().size() > before;
          case SILENCE -> () -> true;
        });
    if (answer == Step.Answer.ANSWERED_AND_MORE_AFTER_DRAINING) {
      pause(DRAINING);
    }
  }

  private boolean answered(int before, List<String> nonces) {
    List<HeardRequest> all = server.requests();
    return all.subList(before, all.size()).stream()
        .map(HeardRequest::nonce)
        .toList()
        .containsAll(nonces);
  }

  /** A subject that doesn't do it is not stopped here: the recording shows what it did instead. */
  private void waitFor(BooleanSupplier done) {
    try {
      await().atMost(ANSWER).pollInterval(Duration.ofMillis(10)).until(done::getAsBoolean);
    } catch (ConditionTimeoutException e) {
      // Noted by its absence.
    }
  }

  private static void pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    await().atMost(duration.plusSeconds(30)).until(() -> System.nanoTime() >= end);
  }

  /**
   * Normalised away: before Envoy ends a stream that served one subscription, it gives up the name
   * on it, and now and then that gets out. The end says as much.
   */
  private boolean isFarewell(HeardRequest request) {
    return !StreamNames.isAggregated(request)
        && StreamNames.givesUp(request)
        && !server.openStreams().contains(request.stream());
  }

  private void note(String title, List<String> mustName) {
    Quiet.await(server, proxy, QUIET);
    List<HeardRequest> all = server.requests();
    int before = read;
    read = all.size();
    List<String> lines =
        all.subList(before, read).stream()
            .filter(heard -> !isFarewell(heard))
            .map(heard -> Said.of(heard, streams.of(heard)))
            .sorted(Comparator.comparing(Said::stream)) // between streams there is no order
            .map(said -> said.line(mustName))
            .collect(Collectors.toList());
    lines.add("open streams: " + server.openStreams().size());
    if (wire.put(title, lines) != null) {
      throw new IllegalArgumentException("two steps are called " + title);
    }
    errors.put(
        title,
        all.subList(before, read).stream()
            .flatMap(heard -> heard.error().stream())
            .map(Status::getMessage)
            .toList());
    Map<String, String> stats = new TreeMap<>(proxy.stats());
    stats.keySet().retainAll(STATS);
    stats.keySet().removeIf(stat -> !scene.shows(stat));
    // Normalised: what is not there yet reads on a dashboard as what is still zero.
    stats.values().removeIf(value -> value.equals("0") || value.equals("\"\""));
    if (dialect == Dialect.DELTA) {
      // Normalised: an update that delta takes in part counts as two attempts with Envoy, and as
      // one in the other dialect.
      stats.keySet().removeIf(name -> name.endsWith(".update_attempt"));
    }
    List<String> admin = new ArrayList<>();
    admin.add("/ready " + proxy.admin("/ready").body().strip());
    stats.forEach((name, value) -> admin.add(name + ": " + value));
    admin.addAll(Dumped.names(proxy.admin("/config_dump").body()));
    shown.put(title, admin);
  }
}
