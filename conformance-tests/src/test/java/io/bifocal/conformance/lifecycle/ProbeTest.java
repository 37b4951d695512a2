package io.bifocal.conformance.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.SilentAddress;
import io.bifocal.conformance.Stage;
import io.bifocal.dataplane.host.Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code scripts/bifocal probe}, as people and scripts call it. */
class ProbeTest {
  private static final Duration QUICK = Duration.ofSeconds(20);

  @RegisterExtension final Stage stage = new Stage();

  @Test
  void aSilentIpv6AddressIsDrawnBesideTheWinner() {
    SilentAddress silent = stage.keep(SilentAddress.open("::1"));
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    int port = backend.address().getPort();

    Program probe =
        probe("http://shop.test:" + port, "--addresses", text(silent.address()) + ",127.0.0.1");

    assertThat(probe.awaitExit(QUICK)).as("exit status").isZero();
    assertThat(probe.log())
        .contains("lost: another won")
        .contains("#|  won after")
        .contains("connected to 127.0.0.1:" + port + " (IPv4)")
        .contains("lost to " + text(silent.address()) + " (silent)")
        .doesNotContain("\u001b")
        .doesNotContain("\tat ");
  }

  @Test
  void whatDoesNotConnectExitsWithOneAndWhatCannotBeTakenWithTwo() {
    SilentAddress silent = stage.keep(SilentAddress.open("127.0.0.1"));
    String target = text(silent.address());

    Program failed = probe(target, "--connect-timeout", "200ms", "--json");
    assertThat(failed.awaitExit(QUICK)).as("exit status").isEqualTo(1);
    assertThat(failed.log()).contains("{\"target\":").contains("\"reason\":\"timed_out\"");

    Program refused = probe(target, "--attempt-delay", "1ms");
    assertThat(refused.awaitExit(QUICK)).as("exit status").isEqualTo(2);
    assertThat(refused.log().lines()).singleElement().asString().contains("from 10 ms to 2000 ms");
  }

  private Program probe(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Peers.root().resolve("scripts/bifocal").toString());
    command.add("probe");
    command.addAll(List.of(arguments));
    return stage.run("probe", command, Stage.QUICK_JVM);
  }

  private static String text(InetSocketAddress address) {
    return Address.of(address).text();
  }
}
