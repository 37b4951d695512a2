package io.bifocal.conformance.http3;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.http2.FrameServer;
import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** One proxy with listeners of QUIC, its upstream, its client. */
final class Http3Side {
  static final X509Bundle CA = Certificates.root("ca");
  static final X509Bundle ONE = named("one.test");
  static final X509Bundle TWO = named("two.test");

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  final FrameServer upstream;
  final TunnelServer tunnels;
  final Proxy proxy;
  final Http3Client client;
  private final Path log;
  private final AtomicInteger connections = new AtomicInteger();

  private final List<String> clients;

  Http3Side(Subject subject, Started started) {
    upstream = started.keep(FrameServer.scripted("127.0.0.1"));
    tunnels = started.keep(new TunnelServer());
    log = started.directory().resolve(subject + ".log");
    proxy =
        started
            .start(
                subject,
                List.of(),
                bootstrap(started.directory().resolve(subject + "-connections.log")),
                List.of("--file-flush-interval-msec", "20"))
            .awaitLive();
    client = Http3Client.start(started);
    clients =
        List.of(
            shows(started, named("client.test")),
            "",
            shows(
                started,
                Certificates.issue(Certificates.root("strange"), Certificates.leaf("client.test"))),
            shows(started, Certificates.weak(CA, "client.test")));
  }

  private static String shows(Started started, X509Bundle bundle) {
    String name = "client-" + bundle.hashCode();
    return ", \"certificate\": [\"%s\", \"%s\"]"
        .formatted(
            started.write(name + ".pem", bundle.getCertificatePathPEM()),
            started.write(name + ".key", bundle.getPrivateKeyPEM()));
  }

  /** Good, without a certificate, with another's, with a short key: members of a connect. */
  List<String> clients() {
    return clients;
  }

  private static X509Bundle named(String name) {
    return Certificates.issue(CA, Certificates.leaf(name).subject("CN=" + name));
  }

  private String bootstrap(Path connectionLog) {
    String both = "common_tls_context: {" + Http3Bootstrap.certificates(ONE, TWO) + "}";
    String mutual =
        "require_client_certificate: true, common_tls_context: {%s, validation_context: {trusted_ca: {inline_string: \"%s\"}}}"
            .formatted(
                Http3Bootstrap.certificates(ONE), Http3Bootstrap.line(CA.getCertificatePEM()));
    return Http3Bootstrap.head()
        + Http3Bootstrap.listener(
            "v4", "127.0.0.1", "", "", Http3Bootstrap.chain("v4", "", both, log, ""))
        + Http3Bootstrap.listener(
            "v6", "::1", "", "", Http3Bootstrap.chain("v6", "", both, log, ""))
        + Http3Bootstrap.listener(
            "mutual",
            "127.0.0.1",
            "",
            Http3Bootstrap.connectionLog(connectionLog),
            Http3Bootstrap.chain("mutual", "", mutual, log, ""))
        + Http3Bootstrap.listener(
            "lenient",
            "127.0.0.1",
            "",
            "",
            Http3Bootstrap.chain(
                "lenient",
                "",
                both,
                log,
                "http3_protocol_options: {override_stream_error_on_invalid_http_message: true,"
                    + " allow_extended_connect: true}\n"
                    + "upgrade_configs: [{upgrade_type: websocket}, {upgrade_type: CONNECT}]\n"
                    + "max_request_headers_kb: 2\n"
                    + "common_http_protocol_options: {max_headers_count: 20}"))
        + hurried("head", "request_headers_timeout", both)
        + hurried("request", "request_timeout", both)
        + hurried("stream", "stream_idle_timeout", both)
        + Http3Bootstrap.listener(
            "quiet",
            "127.0.0.1",
            "idle_timeout: 1s",
            "",
            Http3Bootstrap.chain("quiet", "", both, log, ""))
        + Http3Bootstrap.listener(
            "idle",
            "127.0.0.1",
            "",
            "",
            Http3Bootstrap.chain(
                "idle",
                "",
                both,
                log,
                "drain_timeout: 0.1s\ncommon_http_protocol_options: {idle_timeout: 1s}"))
        + Http3Bootstrap.cluster(upstream.address())
        + Http3Bootstrap.tunnelCluster(tunnels.address());
  }

  private String hurried(String name, String timeout, String tls) {
    String listener = "hurried-" + name;
    return Http3Bootstrap.listener(
        listener,
        "127.0.0.1",
        "",
        "",
        Http3Bootstrap.chain(listener, "", tls, log, timeout + ": 1s"));
  }

  /** A connection of its own, to a listener. */
  String connect(String listener, String server, String more) {
    String name = "c" + connections.incrementAndGet();
    String how = client.connect(name, proxy.listener(listener), server, more);
    if (!how.startsWith("connected")) {
      throw new AssertionError(how);
    }
    return name;
  }

  /** What comes of a request. */
  String ask(String name, Ask ask) {
    return client.tell(ask.json(name));
  }

  /** What ends a connection that asks once and no more, and what is counted of it. */
  String endOfOneThatAsksNoMore(String listener) {
    String name = connect(listener, "one.test", "");
    ask(name, Ask.get("/direct"));
    String end = client.tell("{\"closed\": \"" + name + "\"}");
    String prefix = "http." + listener + ".downstream_cx_";
    await("its end").atMost(Duration.ofSeconds(20)).until(() -> proxy.stat(prefix + "active") == 0);
    StringBuilder counted = new StringBuilder(end);
    for (String counter : List.of("idle_timeout", "destroy_local", "destroy_remote")) {
      counted.append(" ").append(counter).append(" ").append(proxy.stat(prefix + counter));
    }
    return counted.toString();
  }

  /** The lines of the access log so far. */
  List<String> log() {
    return AccessLogFile.lines(log);
  }

  /** What the access log says since it had so many lines. */
  List<String> logged(int since) {
    return await("another line")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> loggedSince(since), lines -> !lines.isEmpty());
  }

  /**
   * What it said before it told of a request to {@code /empty?…} that was asked when all of that
   * was over; which may be nothing.
   */
  List<String> loggedBefore(Ask last, int since) {
    List<String> lines =
        await("the line of " + last.path())
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(10))
            .until(
                () -> loggedSince(since),
                all -> all.stream().anyMatch(line -> line.startsWith(last.path() + " ")));
    return lines.stream().filter(line -> !line.startsWith("/empty?")).toList();
  }

  private List<String> loggedSince(int lines) {
    List<String> all = log();
    return all.subList(lines, all.size());
  }

  List<String> heard(String path) {
    return upstream.heard().stream().filter(line -> line.startsWith(path + " ")).toList();
  }

  /** What is counted at the listener of IPv6, and of HTTP behind it. */
  Map<String, String> counted() {
    Map<String, String> counted = new TreeMap<>();
    proxy
        .stats()
        .forEach(
            (name, value) -> {
              // Envoy calls it by the port that is configured, which is none in particular.
              String told = name.replaceFirst("^listener\\.\\[__1]_\\d+\\.", "v6.");
              if (told.matches("(v6|http\\.v6)\\..*") && value.matches("[1-9]\\d*")) {
                counted.put(told, value);
              }
            });
    // Envoy counts packets in one direction and no handshakes, we none of its library's own.
    counted
        .keySet()
        .removeIf(
            name ->
                name.matches(
                    ".*_bytes_total|v6\\.(ssl|http3|udp)\\..*|v6\\.downstream_cx_destroy"));
    return counted;
  }
}
