package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Started;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The client of aioquic: a line to it, a line from it. */
final class Http3Client {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Program program;
  private int told;

  private Http3Client(Program program) {
    this.program = program;
  }

  static Http3Client start(Started started) {
    String script = Peers.root().resolve("conformance-tests/peers/python/http3.py").toString();
    return new Http3Client(
        started.run("aioquic", List.of("" + Peers.require("aioquic"), script), Map.of()));
  }

  /** One step as the script has them, and what came of it. */
  synchronized String tell(String step) {
    int line = told++;
    program.tell(step);
    return await(step)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> lines().size() > line && program.isAlive() ? lines().get(line) : "",
            s -> !s.isEmpty());
  }

  // Whole ones.
  private List<String> lines() {
    String log = program.log();
    return log.substring(0, log.lastIndexOf('\n') + 1).lines().toList();
  }

  /** Asks again and again on so many connections. */
  void load(String name, InetSocketAddress to, int connections, String path) {
    load(name, to, connections, path, "");
  }

  /**
   * The same.
   *
   * @param more members of the step, each with a comma before it
   */
  void load(String name, InetSocketAddress to, int connections, String path, String more) {
    assertThat(
            tell(
                "{\"load\": \"%s\", \"to\": [\"%s\", %d], \"many\": %d, \"server\": \"one.test\", %s"
                    .formatted(
                        name,
                        to.getAddress().getHostAddress(),
                        to.getPort(),
                        connections,
                        Ask.get(path).json("").substring("{".length()))
                    .replace("\"ask\": \"\", ", more.isEmpty() ? "" : more.substring(2) + ", ")))
        .isEqualTo("loading");
  }

  /** Ends that: how many were answered, and what failed. */
  String loaded(String name) {
    return tell("{\"loaded\": \"" + name + "\"}");
  }

  /** What came of a request that was only asked. */
  String answer(String id) {
    return tell("{\"answer\": \"" + id + "\"}");
  }

  String connect(String name, InetSocketAddress to, String server) {
    return connect(name, to, server, "");
  }

  /**
   * @param more members of the step, each with a comma before it
   */
  String connect(String name, InetSocketAddress to, String server, String more) {
    String asked = server.isEmpty() ? "" : ", \"server\": \"" + server + "\"";
    return tell(
        "{\"connect\": \"%s\", \"to\": [\"%s\", %d]%s%s}"
            .formatted(name, to.getAddress().getHostAddress(), to.getPort(), asked, more));
  }
}
