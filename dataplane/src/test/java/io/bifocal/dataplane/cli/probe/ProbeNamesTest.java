package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.bifocal.dataplane.dns.LoopbackDnsServer;
import java.io.IOException;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** The command with names that a DNS server answers for. */
class ProbeNamesTest {
  @Test
  void bothFamiliesAreAskedForAndRaced() throws IOException {
    try (LoopbackDnsServer dns = LoopbackDnsServer.on("127.0.0.1");
        ServerSocket server = new ServerSocket(0, 16, InetAddresses.forString("127.0.0.1"))) {
      dns.has("svc.test A", 60, "127.0.0.1").has("svc.test AAAA", 60, "::1");

      JsonObject report =
          Probing.json(
              name(server), "--resolver", dns.address().text(), "--resolution-delay", "2s");
      JsonObject run = Probing.onlyRun(report);

      assertThat(run.get("winner_family").getAsString()).isEqualTo("v4");
      assertThat(run.getAsJsonArray("lookups"))
          .extracting(l -> l.getAsJsonObject().get("question").getAsString())
          .containsExactlyInAnyOrder("A", "AAAA");
      JsonArray attempts = run.getAsJsonArray("attempts");
      assertThat(attempts.get(0).getAsJsonObject().get("address").getAsString())
          .startsWith("[::1]:");
    }
  }

  @Test
  void aFamilyWhoseAnswerDoesNotComeIsWaitedForNoLongerThanTheResolutionDelay() throws IOException {
    try (LoopbackDnsServer dns = LoopbackDnsServer.on("127.0.0.1");
        ServerSocket server = new ServerSocket(0, 16, InetAddresses.forString("127.0.0.1"))) {
      dns.has("svc.test A", 60, "127.0.0.1").silent("svc.test AAAA");

      Probing ran = Probing.run(name(server), "--resolver", dns.address().text());

      assertThat(ran.status()).isZero();
      assertThat(ran.out()).contains("1 address after").contains("no answer yet");
    }
  }

  @Test
  void aNameThatIsNotThereIsToldFromOneWithoutSuchAnAddress() throws IOException {
    try (LoopbackDnsServer dns = LoopbackDnsServer.on("::1")) {
      dns.has("v4.test A", 60, "127.0.0.1").code("v4.test AAAA", 0);
      String[] options = {"--resolver", dns.address().text(), "--family", "v6_only"};

      assertFails(Probing.run(Probing.with(options, "v4.test")), "no addresses: the name has");
      assertFails(Probing.run(Probing.with(options, "nix.test")), "name not found");
    }
  }

  @Test
  void aServerThatFailsOrIsNotThereIsTold() throws IOException {
    String gone;
    try (LoopbackDnsServer dns = LoopbackDnsServer.on("127.0.0.1")) {
      gone = dns.address().text();
      dns.code("svc.test A", 2).code("svc.test AAAA", 2);
      assertFails(Probing.run("svc.test", "--resolver", gone), "resolver failed: " + gone);
    }
    assertFails(Probing.run("svc.test", "--resolver", gone), "resolver failed: " + gone);
  }

  @Test
  void theHostsFileIsRead() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 16, InetAddresses.forString("127.0.0.1"))) {
      Probing ran = Probing.run("localhost:" + server.getLocalPort(), "--family", "v4_only");

      assertThat(ran.status()).isZero();
    }
  }

  @Test
  void aResolverThatWouldNotBeAskedIsRefused() {
    Probing ran = Probing.run("127.0.0.1:80", "--resolver", "127.0.0.1");

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.err()).contains("--resolver needs a target that is a name");
  }

  private static String name(ServerSocket server) {
    return "svc.test:" + server.getLocalPort();
  }

  private static void assertFails(Probing ran, String words) {
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out()).contains("not connected after").contains(words);
  }
}
