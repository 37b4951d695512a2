package io.bifocal.conformance.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The flags and the endings that scripts and supervisors rely on. */
class CommandLineTest {
  private static final Duration QUICK = Duration.ofSeconds(20);

  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anUnknownFlagIsNamed(Subject subject) {
    assertRefuses(run(subject, "--nonsense"), "--nonsense");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aMissingFileIsNamed(Subject subject) {
    assertRefuses(run(subject, "-c", "/nowhere/bootstrap.yaml"), "/nowhere/bootstrap.yaml");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aMissingBootstrapIsSaid(Subject subject) {
    assertRefuses(run(subject), "--config-path");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anUnknownFieldIsNamed(Subject subject) {
    Path file = stage.write("bad.yaml", "admin: {adress: 1}\n");

    assertRefuses(run(subject, "-c", file.toString()), "adress");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anUnknownFieldThatIsAllowedIsLeftOutAndCounted(Subject subject) {
    String yaml = good() + "node: {idd: a}\n";
    Proxy proxy = stage.start(subject, yaml, "--allow-unknown-static-fields").awaitLive();

    assertThat(proxy.stat("server.static_unknown_fields")).isEqualTo(1);
    assertThat(proxy.program().log()).contains("idd");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void brokenYamlIsRefused(Subject subject) {
    Path file = stage.write("broken.yaml", "admin: [}\n");

    assertRefuses(run(subject, "-c", file.toString()), "broken.yaml");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aStaticListenerWithoutAnAddressIsNamed(Subject subject) {
    Path file = stage.write("bad.yaml", "static_resources: {listeners: [{name: lonely}]}\n");

    assertRefuses(run(subject, "-c", file.toString()), "lonely");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aControlPlaneWantsToKnowWhoAsks(Subject subject) {
    String nameless =
        Bootstraps.ads(1, Bootstraps.Dialect.SOTW)
            .replace("node: {id: test-id, cluster: test-cluster}\n", "");
    Path file = stage.write("nameless.yaml", nameless);

    assertRefuses(run(subject, "-c", file.toString()), "--service-node");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void validateSaysOk(Subject subject) {
    Path file = stage.write("good.yaml", good());

    Program program = run(subject, "-c", file.toString(), "--mode", "validate");

    assertThat(program.awaitExit(QUICK)).as("exit code").isZero();
    assertThat(program.log()).contains("configuration '" + file + "' OK");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void validateSaysWhyNot(Subject subject) {
    Path file = stage.write("bad.yaml", good().replace("type: STATIC", "type: STATICALLY"));

    Program program = run(subject, "-c", file.toString(), "--mode", "validate");

    assertRefuses(program, "STATICALLY");
    assertThat(program.log()).contains(file.toString());
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void sigtermEndsItWithZero(Subject subject) {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    Proxy proxy =
        stage
            .start(
                subject, Bootstraps.race("5s", "", backend.address(), List.of(backend.address())))
            .awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    InetSocketAddress ingress = proxy.listener("ingress");

    proxy.program().terminate();

    assertThat(proxy.program().awaitExit(QUICK)).as("exit code").isZero();
    assertThat(Http.tryGet(ingress, "/")).isEmpty();
    assertNoTrace(proxy.program());
  }

  /**
   * Envoy ends at once on SIGTERM, and cuts what it was doing; this one lets it finish within the
   * drain time.
   */
  /** Half a second of each start; the launcher says nothing when it cannot make it. */
  @Test
  void theFirstStartLeavesAnArchiveOfClasses() throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    stage.start(
        Subject.BIFOCAL, Bootstraps.race("5s", "", backend.address(), List.of(backend.address())));

    try (Stream<Path> built = Files.list(Peers.root().resolve("dataplane/target"))) {
      assertThat(built.map(Path::toString))
          .anyMatch(name -> name.endsWith(".jsa"))
          .noneMatch(name -> name.endsWith(".jsa.failed"));
    }
  }

  @Test
  void whatIsInFlightAtSigtermIsAnswered() throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    Proxy proxy =
        stage
            .start(
                Subject.BIFOCAL,
                Bootstraps.race("5s", "", backend.address(), List.of(backend.address())),
                "--drain-time-s",
                "20")
            .awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    InetSocketAddress ingress = proxy.listener("ingress");
    int before = backend.requests();
    backend.pause();
    CompletableFuture<Http.Response> inFlight =
        CompletableFuture.supplyAsync(() -> Http.get(ingress, "/"));
    await().until(() -> backend.requests() > before);

    proxy.program().terminate();
    await().untilAsserted(() -> assertThat(proxy.admin("/ready").body()).isEqualTo("DRAINING\n"));
    backend.resume();

    assertThat(inFlight.get(20, TimeUnit.SECONDS).body()).isEqualTo("hello");
    assertThat(proxy.program().awaitExit(QUICK)).as("exit code").isZero();
  }

  /** As log rotation does it; SIGHUP ends nothing either. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void sigusr1OpensAccessLogsAgain(Subject subject) throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    Path log = stage.directory().resolve("access.log");
    String logging =
        "access_log: [{name: file, typed_config: {\"@type\": type.googleapis.com/"
            + "envoy.extensions.access_loggers.file.v3.FileAccessLog, path: %s}}]".formatted(log);
    Proxy proxy =
        stage
            .start(
                subject,
                Bootstraps.race("5s", "", backend.address(), List.of(backend.address()))
                    .replace(
                        "stat_prefix: ingress\n",
                        "stat_prefix: ingress\n          " + logging + "\n"),
                "--file-flush-interval-msec",
                "50")
            .awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    Files.move(log, stage.directory().resolve("access.log.1"));

    proxy.program().signal("HUP");
    proxy.program().signal("USR1");

    await()
        .untilAsserted(
            () -> {
              proxy.awaitBody("ingress", "/", "hello");
              assertThat(log).isNotEmptyFile();
            });
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void quitquitquitEndsItWithZero(Subject subject) {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    Proxy proxy =
        stage
            .start(
                subject, Bootstraps.race("5s", "", backend.address(), List.of(backend.address())))
            .awaitLive();

    assertThat(Http.post(proxy.adminAddress(), "/quitquitquit").body()).isEqualTo("OK\n");

    assertThat(proxy.program().awaitExit(QUICK)).as("exit code").isZero();
    assertNoTrace(proxy.program());
  }

  /** A port that somebody has: said, and the end, as a static listener must be there. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aTakenPortOfAStaticListenerIsSaid(Subject subject) {
    Backend taken = stage.keep(Backend.start("127.0.0.1", "mine"));
    int port = taken.address().getPort();
    String bootstrap =
        good()
            .replace(
                "- name: ingress\n    address: {socket_address: {address: 127.0.0.1, port_value: 0}}",
                "- name: ingress\n    address: {socket_address: {address: 127.0.0.1, port_value: %d}}"
                    .formatted(port));
    Path file = stage.write("taken.yaml", bootstrap);

    assertRefuses(run(subject, "-c", file.toString()), "127.0.0.1:" + port);
  }

  private static String good() {
    InetSocketAddress somewhere = Loopback.v4(9);
    return Bootstraps.race("5s", "", somewhere, List.of(somewhere));
  }

  private Program run(Subject subject, String... flags) {
    return stage.run(subject.name(), subject.command(List.of(flags)), Stage.QUICK_JVM);
  }

  private static void assertRefuses(Program program, String word) {
    assertThat(program.awaitExit(QUICK)).as("exit code").isEqualTo(1);
    assertThat(program.log()).contains(word);
    assertNoTrace(program);
  }

  private static void assertNoTrace(Program program) {
    await().untilAsserted(() -> assertThat(program.log()).doesNotContain("\tat "));
  }
}
