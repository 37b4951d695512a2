package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Connections that the kernel redirects to one port, as in a sidecar: the proxy asks whom they were
 * meant for, and hands them to the listener at that address. Needs root; it all happens in a
 * network namespace of its own.
 */
class OriginalDestinationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @RegisterExtension final Stage stage = new Stage();

  private final String namespace = "redirected-" + ProcessHandle.current().pid();

  @BeforeEach
  void makeNamespace() throws Exception {
    String ip = Peers.require("ip").toString();
    Path nft = Peers.require("nft");
    if (run(List.of(ip, "netns", "add", namespace)).status != 0) {
      Peers.missing("a network namespace cannot be made: run as root");
    }
    inside("ip", "link", "set", "lo", "up");
    for (String net : List.of("10.9.9.1/24", "fd09::1/64")) {
      inside("ip", "addr", "add", net, "dev", "lo");
    }
    inside(
        nft.toString(),
        """
        add table inet redirected;
        add chain inet redirected output { type nat hook output priority -100; };
        add rule inet redirected output tcp dport 80 redirect to :15001""");
  }

  @AfterEach
  void removeNamespace() throws Exception {
    run(List.of(Peers.require("ip").toString(), "netns", "del", namespace));
  }

  private record Result(int status, String output) {}

  private static Result run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  private List<String> within(String... command) {
    List<String> all =
        new ArrayList<>(List.of(Peers.require("ip").toString(), "netns", "exec", namespace));
    all.addAll(List.of(command));
    return all;
  }

  private void inside(String... command) throws Exception {
    Result result = run(within(command));
    assertThat(result.status).as(result.output).isZero();
  }

  /** What a client hears that connects to an address. */
  private String visit(String ip, int port) throws Exception {
    return run(within("timeout", "5", "bash", "-c", "cat < /dev/tcp/" + ip + "/" + port)).output;
  }

  private static String listener(String name, String ip, int port, String options) {
    return """
          - name: %1$s
            address: {socket_address: {address: "%2$s", port_value: %3$d, ipv4_compat: %4$s}}
            %5$s
            filter_chains:
            - filters:
              - name: answer
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config
                  response: {inline_string: %1$s}
        """
        .formatted(name, ip, port, ip.equals("::"), options);
  }

  @ParameterizedTest
  @EnumSource
  void aRedirectedConnectionGoesToTheListenerThatItWasMeantFor(Subject subject) throws Exception {
    Path bootstrap =
        stage.write(
            "bootstrap.yaml",
            "static_resources:\n  listeners:\n"
                + listener(
                    "entrance",
                    "::",
                    15001,
                    "use_original_dst: true"
                        + "\n    listener_filters: [{name: dst, typed_config: {\"@type\":"
                        + " type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst}}]")
                + listener("four", "10.9.9.9", 80, "bind_to_port: false")
                + listener("six", "fd09::9", 80, "bind_to_port: false"));
    List<String> command =
        within(
            subject
                .command(List.of("-c", bootstrap.toString(), "--concurrency", "1"))
                .toArray(String[]::new));
    stage.run(subject.toString(), command, Stage.QUICK_JVM);

    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> visit("127.0.0.1", 15001), "entrance"::equals);
    assertThat(visit("10.9.9.9", 80)).isEqualTo("four");
    assertThat(visit("10.9.9.8", 80)).isEqualTo("entrance");
    assertThat(visit("fd09::9", 80)).isEqualTo("six");
  }
}
