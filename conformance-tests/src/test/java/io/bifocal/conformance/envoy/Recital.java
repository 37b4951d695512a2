package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Quiet;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Something that is done to a subject step by step, with what it says on the wire, and what it
 * shows and does after each step, written down.
 */
final class Recital {
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final ScriptedControlPlane server;
  private final Proxy proxy;
  private final Dialect dialect;
  private final Map<String, List<String>> steps = new LinkedHashMap<>();
  private List<String> lines = new ArrayList<>();
  private int read;

  /**
   * Starts a subject.
   *
   * @param bootstrap from the port of its control plane
   */
  Recital(Stage stage, Subject subject, Dialect dialect, IntFunction<String> bootstrap) {
    this.dialect = dialect;
    server = stage.keep(new ScriptedControlPlane());
    proxy = stage.start(subject, bootstrap.apply(server.port()));
  }

  ScriptedControlPlane server() {
    return server;
  }

  Proxy proxy() {
    return proxy;
  }

  /** Pushes, and waits for the answer. */
  Recital push(ResourceType<?> type, String version, Named... resources) {
    String nonce = server.push(type, version, List.of(resources));
    return answered(nonce);
  }

  /** Waits for the answer to a nonce. */
  Recital answered(String nonce) {
    try {
      await()
          .atMost(ANSWER)
          .pollInterval(Duration.ofMillis(10))
          .until(() -> server.requests().stream().anyMatch(r -> r.nonce().equals(nonce)));
    } catch (ConditionTimeoutException e) {
      // Noted by its absence.
    }
    return this;
  }

  /** Adds to what is noted of the present step. */
  Recital line(String line) {
    lines.add(line);
    return this;
  }

  /** What {@code /ready} says. */
  Recital ready() {
    return line("/ready " + proxy.admin("/ready").body().strip());
  }

  /** Statistics by a pattern; those that are zero or empty are left out. */
  Recital stats(String regex) {
    Pattern wanted = Pattern.compile(regex);
    Map<String, String> stats = new TreeMap<>(proxy.stats());
    stats.keySet().removeIf(name -> !wanted.matcher(name).matches());
    stats.values().removeIf(value -> value.equals("0") || value.equals("\"\""));
    if (dialect == Dialect.DELTA) {
      // Normalised: a delta update that is refused counts as two attempts with Envoy, and as one in
      // the other dialect.
      stats.keySet().removeIf(name -> name.endsWith(".update_attempt"));
    }
    stats.forEach((name, value) -> line(name + ": " + value));
    return this;
  }

  /** {@code /runtime}. Normalised: its keys are sorted, since Envoy's order is that of a hash. */
  Recital runtime() {
    return line("/runtime " + sorted(JsonParser.parseString(proxy.admin("/runtime").body())));
  }

  /** The answer to a GET through a listener: its status and the headers that are named. */
  Recital get(String listener, String path, String... headers) {
    var address = proxy.listeners().get(listener);
    if (address == null) {
      return line("GET " + path + ": no listener");
    }
    String answer =
        Http.tryGet(address, path)
            .map(
                r ->
                    r.status()
                        + r.head()
                            .lines()
                            .filter(line -> List.of(headers).contains(line.split(":")[0]))
                            .map(line -> " " + line)
                            .collect(java.util.stream.Collectors.joining()))
            .orElse("closed");
    return line("GET " + path + ": " + answer);
  }

  /** What {@code /config_dump} shows of extensions: name and version of each. */
  Recital extensions() {
    var answer = proxy.admin("/config_dump?resource=ecds_filters");
    if (answer.status() != 200) {
      return line("extensions: " + answer.status());
    }
    List<String> shown = new ArrayList<>();
    JsonArray configs =
        JsonParser.parseString(answer.body()).getAsJsonObject().getAsJsonArray("configs");
    if (configs != null) {
      for (JsonElement config : configs) {
        JsonObject filter = config.getAsJsonObject();
        shown.add(
            filter.getAsJsonObject("ecds_filter").get("name").getAsString()
                + " "
                + filter.get("version_info").getAsString());
      }
    }
    return line("extensions: " + shown);
  }

  private static JsonElement sorted(JsonElement json) {
    if (json instanceof JsonObject object) {
      JsonObject result = new JsonObject();
      new TreeMap<>(object.asMap()).forEach((key, value) -> result.add(key, sorted(value)));
      return result;
    }
    if (json instanceof JsonArray array) {
      JsonArray result = new JsonArray();
      array.forEach(element -> result.add(sorted(element)));
      return result;
    }
    return json;
  }

  /**
   * Ends a step: waits until nothing more is said, and notes all of it.
   *
   * @param mustName what a refusal must name
   */
  Recital note(String title, String... mustName) {
    quiet();
    List<HeardRequest> all = server.requests();
    List<String> said = new ArrayList<>();
    all.subList(read, all.size())
        .forEach(r -> said.add(Said.of(r, "stream " + r.stream()).line(List.of(mustName))));
    read = all.size();
    said.addAll(lines);
    lines = new ArrayList<>();
    steps.put(title, said);
    return this;
  }

  /** Waits until nothing is said any more. */
  Recital quiet() {
    Quiet.await(server, proxy, QUIET);
    return this;
  }

  Recording recording(Path file) {
    Recording recording = new Recording(steps);
    StringBuilder text = new StringBuilder();
    steps.forEach(
        (title, said) -> {
          text.append(title).append('\n');
          said.forEach(line -> text.append("  ").append(line).append('\n'));
        });
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return recording;
  }

  static void assertSame(Recording expected, Recording actual) {
    List<String> differences = expected.differencesTo(actual);
    assertThat(differences).as(() -> String.join("\n", differences)).isEmpty();
  }
}
