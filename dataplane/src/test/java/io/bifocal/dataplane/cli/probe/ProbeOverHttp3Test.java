package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonObject;
import io.bifocal.dataplane.Http3Peer;
import io.bifocal.dataplane.dns.LoopbackDnsServer;
import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command against hosts that speak HTTP/3, TLS over TCP, both or nothing. */
class ProbeOverHttp3Test {
  private static final Authority CA = Authority.named("authority");
  private static final X509Bundle OWN = CA.issue(Authority.leaf("svc.test"));
  private static final String[] BOTH = {"::1", "127.0.0.1"};

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final CompletableFuture<Void> tried = new CompletableFuture<>(); // one who is silent
  @TempDir Path dir;
  private String ca;

  /** What is behind a port. */
  private enum Port {
    SERVES,
    SILENT,
    REFUSES
  }

  /** What is behind the ports of one number at one address. */
  private record Host(String ip, Port udp, Port tcp) {}

  @BeforeEach
  void writeTheAuthorityDown() throws Exception {
    ca = Files.writeString(dir.resolve("ca.pem"), CA.pem()).toString();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : resources) {
      resource.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"::1", "127.0.0.1"})
  void http3IsFirstAndAlone(String ip) throws Exception {
    int port = site(Port.SERVES, Port.SERVES, ip);
    JsonObject run = Probing.onlyRun(json(port, ip, "--attempt-delay", "2s"));

    assertThat(run.get("winner_transport").getAsString()).isEqualTo("quic");
    assertThat(run.getAsJsonArray("attempts")).hasSize(1);
    JsonObject session = run.getAsJsonObject("tls_session");
    assertThat(session.get("alpn").getAsString()).isEqualTo("h3");
    assertThat(session.get("protocol").getAsString()).isEqualTo("TLSv1.3");
    assertThat(session.getAsJsonObject("certificate").get("issuer").getAsString())
        .isEqualTo("CN=authority");
  }

  @Test
  void whenNoDatagramComesThroughBothFamiliesAreTriedAndTcpServesAfterTheDelay() throws Exception {
    int port =
        site(
            new Host("::1", Port.SILENT, Port.SERVES),
            new Host("127.0.0.1", Port.SILENT, Port.SILENT));
    JsonObject run = Probing.onlyRun(json(port, "::1,127.0.0.1", "--attempt-delay", "100ms"));

    assertThat(attempts(run))
        .contains("quic v6 first lost", "quic v4 stagger lost", "tcp v6 stagger won");
    assertThat(startedAfterTheFirst(run, "quic v4")).isGreaterThanOrEqualTo(100.0);
    assertThat(startedAfterTheFirst(run, "tcp v6")).isGreaterThanOrEqualTo(100.0);
    assertThat(lines(probe(port, "::1,127.0.0.1", "--attempt-delay", "100ms")))
        .contains("quic:[::1]:%d (silent)".formatted(port));
  }

  @Test
  void theOtherFamilyServesByHttp3() throws Exception {
    int port = siteOfHttp3OverIpv4();
    Probing ran = probe(port, "::1,127.0.0.1", "--attempt-delay", "100ms");

    assertThat(ran.status()).isZero();
    assertThat(lines(ran))
        .contains("connected to 127.0.0.1:%d (IPv4, HTTP/3)".formatted(port))
        .containsPattern("quic:\\[::1]:\\d+ \\+\\d+\\.\\d ms [^+]+ lost: another won");
  }

  @Test
  void bothFamiliesOfANameAreRaced() throws Exception {
    int port = siteOfHttp3OverIpv4();
    try (LoopbackDnsServer dns = LoopbackDnsServer.on("127.0.0.1")) {
      dns.has("svc.test AAAA", 60, "::1").has("svc.test A", 60, "127.0.0.1");
      JsonObject run = Probing.onlyRun(named(port, dns));

      assertThat(run.get("winner_transport").getAsString()).isEqualTo("quic");
      assertThat(run.get("winner_family").getAsString()).isEqualTo("v4");
    }
  }

  /** The other answer comes when the first family has been tried, and that one is silent. */
  @ParameterizedTest
  @CsvSource({"AAAA, ::1, A, 127.0.0.1", "A, 127.0.0.1, AAAA, ::1"})
  void aFamilyWhoseAnswerIsLateIsTakenIntoTheRace(
      String first, String silent, String late, String serving) throws Exception {
    int port =
        site(
            new Host(silent, Port.SILENT, Port.SILENT),
            new Host(serving, Port.SERVES, Port.REFUSES));
    try (LoopbackDnsServer dns = LoopbackDnsServer.on("127.0.0.1")) {
      dns.has("svc.test " + first, 60, silent).hasLate("svc.test " + late, tried, 60, serving);
      JsonObject run = Probing.onlyRun(named(port, dns, "--attempt-delay", "100ms"));

      assertThat(attempts(run).get(0)).matches("quic v[46] first lost");
      assertThat(run.get("winner").getAsString()).contains(serving);
      assertThat(run.get("winner_transport").getAsString()).isEqualTo("quic");
    }
  }

  @Test
  void refusedDatagramsBringTcpAtOnce() throws Exception {
    int port = site(Port.REFUSES, Port.SERVES, BOTH);
    JsonObject run = Probing.onlyRun(json(port, "::1,127.0.0.1", "--attempt-delay", "2s"));

    assertThat(run.get("winner_transport").getAsString()).isEqualTo("tcp");
    assertThat(attempts(run))
        .containsExactly(
            "quic v6 first refused",
            "quic v4 previous_failed refused",
            "tcp v6 previous_failed won");
    JsonObject winner = run.getAsJsonArray("attempts").get(2).getAsJsonObject();
    assertThat(run.get("total_ms")).isEqualTo(winner.get("ended_ms"));
  }

  @Test
  void whenNothingAnswersAllOfItIsTold() throws Exception {
    int port = freePort(BOTH[0]);
    Probing refused = probe(port, "::1,127.0.0.1");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(lines(refused))
        .contains("not connected after")
        .contains("nobody listens on that port")
        .contains("quic:127.0.0.1:%d".formatted(port));

    int silent = site(Port.SILENT, Port.SILENT, BOTH);
    JsonObject run =
        Probing.onlyRun(
            json(
                silent, "::1,127.0.0.1", "--connect-timeout", "400ms", "--attempt-delay", "100ms"));
    assertThat(run.get("connected").getAsBoolean()).isFalse();
    assertThat(attempts(run))
        .hasSize(4)
        .allMatch(attempt -> attempt.endsWith("timed_out"))
        .anyMatch(attempt -> attempt.startsWith("quic v6"))
        .anyMatch(attempt -> attempt.startsWith("quic v4"))
        .anyMatch(attempt -> attempt.startsWith("tcp v6"))
        .anyMatch(attempt -> attempt.startsWith("tcp v4"));
  }

  @Test
  void aCertificateIsJudgedOverQuicToo() throws Exception {
    int port = site(Port.SERVES, Port.REFUSES, "::1");
    Probing untrusted = Probing.run("https://svc.test:" + port, "--addresses", "::1", "--http3");
    assertThat(untrusted.status()).isEqualTo(1);
    assertThat(lines(untrusted)).contains("certificate not trusted after").contains("--ca");
    Probing another = probe(port, "::1", "--sni", "other.test");
    assertThat(lines(another))
        .contains("certificate for another name after")
        .contains("it is for svc.test");
    assertThat(
            Probing.run("https://svc.test:" + port, "--addresses", "::1", "--http3", "--insecure")
                .status())
        .isZero();
  }

  @Test
  void anAddressIsProbedWithoutAName() throws Exception {
    int port = site(Port.SERVES, Port.REFUSES, "127.0.0.1");
    JsonObject report = Probing.json("127.0.0.1:" + port, "--tls", "--http3", "--insecure");

    assertThat(Probing.onlyRun(report).get("winner_transport").getAsString()).isEqualTo("quic");
  }

  @Test
  void eachRunRacesAnewUnlessItRemembers() throws Exception {
    int port = site(Port.REFUSES, Port.SERVES, "::1");
    String[] thrice = {"--repeat", "3", "--interval", "0ms"};
    JsonObject fresh = json(port, "::1", thrice);
    assertThat(fresh.getAsJsonArray("runs"))
        .extracting(run -> attempts(run.getAsJsonObject()).size())
        .containsExactly(2, 2, 2);
    JsonObject remembering = json(port, "::1", Probing.with(thrice, "--memory"));
    assertThat(remembering.getAsJsonArray("runs"))
        .extracting(run -> attempts(run.getAsJsonObject()))
        .satisfiesExactly(
            first -> assertThat(first).contains("tcp v6 previous_failed won"),
            second -> assertThat(second).as("HTTP/3 is broken").contains("tcp v6 first won"),
            third -> assertThat(third).contains("tcp v6 first won"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "http://a --http3;           http://a:80 is without: add --tls",
        "https://a b:80 --http3;     b:80 is without: add --tls",
        "https://a --no-tls --http3; no HTTP/3 without TLS",
      })
  void whatCannotBeTakenIsOneLine(String arguments, String word) {
    Probing ran = Probing.run(arguments.split(" "));

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.err().lines()).singleElement().asString().contains(word.replace("http://", ""));
  }

  @Test
  void helpNamesIt() {
    assertThat(Probing.run("--help").out()).contains("--http3").contains("HTTP/3 first");
  }

  // ----

  private Probing probe(int port, String addresses, String... options) {
    return Probing.run(arguments(port, addresses, options));
  }

  private JsonObject named(int port, LoopbackDnsServer dns, String... options) {
    String[] all = {
      "https://svc.test:" + port, "--resolver", dns.address().text(), "--ca", ca, "--http3"
    };
    return Probing.json(Probing.with(all, options));
  }

  private JsonObject json(int port, String addresses, String... options) {
    return Probing.json(arguments(port, addresses, options));
  }

  private String[] arguments(int port, String addresses, String... options) {
    String[] all = {"https://svc.test:" + port, "--addresses", addresses, "--ca", ca, "--http3"};
    return Probing.with(all, options);
  }

  private static String lines(Probing ran) {
    return ran.out().replaceAll("\\s+", " ");
  }

  /** In milliseconds. */
  private static double startedAfterTheFirst(JsonObject run, String who) {
    int which = attempts(run).stream().map(told -> told.startsWith(who)).toList().indexOf(true);
    return startedAt(run, which) - startedAt(run, 0);
  }

  private static double startedAt(JsonObject run, int which) {
    JsonObject attempt = run.getAsJsonArray("attempts").get(which).getAsJsonObject();
    return attempt.get("started_ms").getAsDouble();
  }

  /** For each attempt: over what, to whom, why, and how it ended. */
  private static List<String> attempts(JsonObject run) {
    List<String> told = new ArrayList<>();
    run.getAsJsonArray("attempts")
        .forEach(
            one -> {
              JsonObject attempt = one.getAsJsonObject();
              String end =
                  attempt.get("failure").isJsonNull()
                      ? attempt.get("end").getAsString()
                      : attempt.getAsJsonObject("failure").get("reason").getAsString();
              told.add(
                  "%s %s %s %s"
                      .formatted(
                          attempt.get("transport").getAsString(),
                          attempt.get("family").getAsString(),
                          attempt.get("cause").getAsString(),
                          end));
            });
    return told;
  }

  private int siteOfHttp3OverIpv4() throws Exception {
    return site(
        new Host("::1", Port.SILENT, Port.REFUSES),
        new Host("127.0.0.1", Port.SERVES, Port.REFUSES));
  }

  /** The same at each of the addresses, at a port that is told. */
  private int site(Port udp, Port tcp, String... ips) throws Exception {
    return site(Stream.of(ips).map(ip -> new Host(ip, udp, tcp)).toArray(Host[]::new));
  }

  private int site(Host... hosts) throws Exception {
    for (int tries = 0; ; tries++) {
      int port = freePort(hosts[0].ip);
      try {
        for (Host host : hosts) {
          open(host, port);
        }
        return port;
      } catch (BindException e) {
        close();
        resources.clear();
        if (tries == 10) {
          throw e;
        }
      }
    }
  }

  private static int freePort(String ip) throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddresses.forString(ip))) {
      return free.getLocalPort();
    }
  }

  private void open(Host host, int port) throws Exception {
    InetAddress address = InetAddresses.forString(host.ip);
    InetSocketAddress at = new InetSocketAddress(address, port);
    if (host.udp == Port.SERVES) {
      resources.add(new Http3Peer(at, OWN));
    } else if (host.udp == Port.SILENT) {
      DatagramSocket socket = new DatagramSocket(at);
      resources.add(socket);
      new Thread(() -> hear(socket)).start();
    }
    if (host.tcp == Port.SERVES) {
      resources.add(new TlsServer(OWN, at, "h2"));
    } else if (host.tcp == Port.SILENT) {
      resources.add(new ServerSocket(port, 50, address));
    }
  }

  private void hear(DatagramSocket silent) {
    try {
      silent.receive(new DatagramPacket(new byte[2000], 2000));
      tried.complete(null);
    } catch (IOException e) {
      // Closed, and never tried.
    }
  }
}
