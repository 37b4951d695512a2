package io.bifocal.conformance.http3;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Http3Upstream;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A proxy before servers of HTTP/3 of aioquic's. A request goes to the cluster that its header
 * {@code x-cluster} names, each of which has a server of its own; below {@code /again} requests are
 * tried once more when they were refused, and below {@code /hurry} they have a second.
 */
final class UpstreamHttp3Side {
  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle OTHER = Certificates.root("other");
  private static final X509Bundle SERVER = Certificates.issue(CA, Certificates.leaf("h3.test"));

  private static final String LOG =
      "%REQ(X-ID)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_PROTOCOL%"
          + " %UPSTREAM_TLS_VERSION% %UPSTREAM_TRANSPORT_FAILURE_REASON%"
          + " %UPSTREAM_REQUEST_ATTEMPT_COUNT%"
          + " sent=%BYTES_SENT% received=%BYTES_RECEIVED% %TRAILER(X-BEHIND)%";

  /** Envoy tries the other family by HTTP/3 only when it is told to. */
  private static final String GUARD =
      "layered_runtime: {layers: [{name: guards, static_layer:"
          + " {envoy.reloadable_features.http3_happy_eyeballs: true}}]}\n";

  private static final Pattern LENGTH = Pattern.compile("\"length\": \\d+");

  /** What certificates are judged by, besides who signed them. */
  private static final X509Bundle REVOKED = Certificates.issue(CA, Certificates.leaf("h3.test"));

  private static final String JUDGED =
      "crl: {inline_string: \"%s\"}, match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: h3.test}}], "
          .formatted(Certificates.revocations(CA, REVOKED).replace("\n", "\\n"));

  /** What Envoy's library says of faults that it found itself. */
  private static final Pattern OWN = Pattern.compile("\\|QUIC_[A-Z_]+\\|FROM_SELF[^}]*");

  private final Proxy proxy;
  private final Path log;
  private final Http3Upstream frozen;
  private int asked;

  /** What a client got, and what was logged of it. */
  record Seen(String status, String body, String log) {}

  UpstreamHttp3Side(Subject subject, Started started) {
    Path directory = started.directory();
    log = directory.resolve(subject + ".log");
    Http3Upstream upstream =
        started.keep(
            Http3Upstream.unruly(
                started.write(subject + ".pem", SERVER.getCertificatePathPEM()),
                started.write(subject + ".key", SERVER.getPrivateKeyPEM())));
    String manager =
        """
        route_config:
          virtual_hosts:
          - name: all
            domains: ["*"]
            routes:
            - match: {prefix: /again/}
              route: {cluster_header: x-cluster, prefix_rewrite: /, retry_policy: {retry_on: "refused-stream,reset", num_retries: 1}}
            - {match: {prefix: /hurry/}, route: {cluster_header: x-cluster, prefix_rewrite: /, timeout: 1s}}
            - {match: {prefix: /}, route: {cluster_header: x-cluster}}
        """
            + Bootstraps.accessLog(log, LOG);
    frozen =
        started.keep(
            Http3Upstream.unruly(
                directory.resolve(subject + ".pem"), directory.resolve(subject + ".key")));
    StringBuilder clusters = new StringBuilder();
    clusters.append(cluster("dead", frozen.serve("127.0.0.1", 0), CA, ""));
    for (String name : List.of("h3", "counted")) {
      clusters.append(cluster(name, upstream.serve("127.0.0.1", 0), CA, ""));
    }
    clusters.append(cluster("v6", upstream.serve("::1", 0), CA, "").replace("127.0.0.1", "::1"));
    clusters.append(cluster("two", upstream.serve("127.0.0.1", 0, "streams=2"), CA, ""));
    clusters.append(cluster("narrow", upstream.serve("127.0.0.1", 0, "window=2000"), CA, ""));
    clusters.append(
        cluster(
                "silent",
                started.keep(silent()).getLocalPort(),
                CA,
                "circuit_breakers: {thresholds: [{max_pending_requests: 3}]}")
            .replace("connect_timeout: 5s", "connect_timeout: 2s"));
    String otherHost =
        cluster("other-host", upstream.serve("127.0.0.1", 0), CA, "")
            .replace("sni: h3.test", "sni: other.test");
    clusters.append(otherHost);
    clusters.append(
        otherHost
            .replace("other-host", "untrusted")
            .replace(
                "validation_context: {",
                "validation_context: {trust_chain_verification: ACCEPT_UNTRUSTED, "));
    clusters.append(otherHost.replace("other-host", "no-host").replace("sni: other.test", ""));
    for (String name : List.of("stranger", "counted-stranger")) {
      clusters.append(cluster(name, upstream.serve("127.0.0.1", 0), OTHER, ""));
    }
    bad(started, subject).forEach((name, how) -> clusters.append(badClusters(name, how, upstream)));
    clusters.append(
        idle("idle", upstream, "common_http_protocol_options: {idle_timeout: 0.3s}", ""));
    clusters.append(
        idle("quiet", upstream, "", "quic_protocol_options: {idle_network_timeout: 1s}"));
    clusters.append(
        idle(
            "sessions",
            upstream,
            "common_http_protocol_options: {max_requests_per_connection: 1}",
            ""));
    for (String name : List.of("nobody", "counted-nobody")) {
      clusters.append(cluster(name, Ports.free(), CA, ""));
    }
    proxy =
        started
            .start(
                subject,
                List.of(),
                GUARD + Bootstraps.ingress(manager) + clusters,
                List.of("--file-flush-interval-msec", "20"))
            .awaitLive();
  }

  /** Servers that are not to be spoken to, and what makes them so: options of the program. */
  private static Map<String, String> bad(Started started, Subject subject) {
    Map<String, X509Bundle> shown = new LinkedHashMap<>();
    shown.put("stranger", Certificates.issue(OTHER, Certificates.leaf("h3.test")));
    shown.put("self-signed", Certificates.selfSigned("h3.test"));
    shown.put(
        "expired",
        Certificates.issue(
            CA, Certificates.leaf("h3.test").notAfter(Instant.now().minusSeconds(10))));
    shown.put(
        "early",
        Certificates.issue(
            CA, Certificates.leaf("h3.test").notBefore(Instant.now().plusSeconds(9_000))));
    shown.put(
        "of-a-client",
        Certificates.issue(CA, Certificates.leaf("h3.test").addExtendedKeyUsageClientAuth()));
    shown.put("revoked", REVOKED);
    shown.put("other-name", Certificates.issue(CA, Certificates.leaf("x.test")));
    shown.put("weak", Certificates.weak(CA, "h3.test"));
    shown.put(
        "mute",
        Certificates.issue(
            CA,
            Certificates.leaf("h3.test")
                .addExtensionOctetString("1.2.3.4", false, new byte[4000])));
    Map<String, String> bad = new LinkedHashMap<>();
    shown.forEach(
        (name, own) ->
            bad.put(
                name,
                "certificate=%s key=%s"
                    .formatted(
                        started.write(subject + name + ".pem", own.getCertificatePathPEM()),
                        started.write(subject + name + ".key", own.getPrivateKeyPEM()))));
    bad.compute("mute", (name, how) -> how + " mute=1");
    bad.put("other-protocol", "alpn=other");
    bad.put("judging", "judges=1");
    return bad;
  }

  /** One of such a server alone, and one with a good server at the other family's address. */
  private static String badClusters(String name, String how, Http3Upstream upstream) {
    String alone =
        cluster("bad-" + name, upstream.serve("127.0.0.1", 0, how), CA, "")
            .replace("connect_timeout: 5s", "connect_timeout: 2s")
            .replace("validation_context: {", "validation_context: {" + JUDGED);
    int first = upstream.serve("127.0.0.1", 0, how);
    String second =
        ", additional_addresses: [{address: {socket_address: {address: \"::1\", port_value: %d}}}]}"
            .formatted(upstream.serve("::1", 0));
    return alone
        + cluster("after-" + name, first, CA, "")
            .replace("validation_context: {", "validation_context: {" + JUDGED)
            .replace(
                "port_value: %d}}}".formatted(first), "port_value: %d}}".formatted(first) + second)
            .replace(
                "explicit_http_config: {http3_protocol_options: {}}",
                ("auto_config: {http3_protocol_options: {}, alternate_protocols_cache_options:"
                        + " {name: after-%s, prepopulated_entries: [{hostname: h3.test, port:"
                        + " %d}]}}")
                    .formatted(name, first));
  }

  private static String idle(String name, Http3Upstream upstream, String common, String http3) {
    return cluster(name, upstream.serve("127.0.0.1", 0, "resumes=1"), CA, "")
        .replace(
            "explicit_http_config: {http3_protocol_options: {}}",
            common + "\n        explicit_http_config: {http3_protocol_options: {" + http3 + "}}");
  }

  private static DatagramSocket silent() {
    try {
      return new DatagramSocket(0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String cluster(String name, int port, X509Bundle trusted, String more) {
    return """
          - name: %1$s
            connect_timeout: 5s
            %4$s
            transport_socket:
              name: envoy.transport_sockets.quic
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport
                upstream_tls_context:
                  sni: h3.test
                  common_tls_context: {validation_context: {trusted_ca: {inline_string: "%3$s"}}}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http3_protocol_options: {}}
            load_assignment:
              cluster_name: %1$s
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: "127.0.0.1", port_value: %2$d}}}
        """
        .formatted(name, port, trusted.getCertificatePEM().strip().replace("\n", "\\n"), more);
  }

  /** One request, and its line in the log. */
  Seen ask(String cluster, String method, String path, String body) {
    String id = "id" + next();
    String status;
    String content;
    try {
      Http.Response answer =
          Http.request(
              proxy.listener("ingress"),
              method,
              path,
              Map.of("x-cluster", cluster, "x-id", id),
              body);
      status = String.valueOf(answer.status());
      content = gist(answer.body());
    } catch (UncheckedIOException e) {
      status = "broken off";
      content = "";
    }
    return seen(id, status, content);
  }

  private Seen seen(String id, String status, String content) {
    List<String> lines =
        await("a line of " + id)
            .until(
                () ->
                    AccessLogFile.lines(log).stream().filter(l -> l.startsWith(id + " ")).toList(),
                found -> !found.isEmpty());
    String line = lines.get(0).substring(id.length() + 1);
    return new Seen(status, content, OWN.matcher(line).replaceAll(""));
  }

  private synchronized int next() {
    return asked++;
  }

  /** The server of the cluster {@code dead} does nothing more. */
  void freeze() {
    try {
      frozen.freeze();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The same request so many times at once. */
  List<Seen> askAtOnce(int times, String cluster, String path) {
    List<String> ids = Stream.generate(() -> "id" + next()).limit(times).toList();
    List<Http.Response> answers =
        Http.getAtOnce(
            proxy.listener("ingress"),
            path,
            ids.stream().map(id -> Map.of("x-cluster", cluster, "x-id", id)).toList());
    List<Seen> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      Http.Response answer = answers.get(i);
      all.add(seen(ids.get(i), String.valueOf(answer.status()), gist(answer.body())));
    }
    return all;
  }

  // Of an echo the request's length: its headers are in any order. Of much, how much.
  private static String gist(String body) {
    Matcher echo = LENGTH.matcher(body);
    return echo.find() ? echo.group() : body.length() > 1000 ? body.length() + " bytes" : body;
  }

  /** What is counted of a cluster's connections, and of the judgements on its peers. */
  SortedMap<String, String> verdicts(String cluster) {
    String prefix = "cluster." + cluster + ".";
    SortedMap<String, String> verdicts = new TreeMap<>();
    proxy
        .stats()
        .forEach(
            (name, value) -> {
              String rest = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
              if (rest.matches(
                  "ssl\\.fail_verify_.*|upstream_cx_(total|http3_total|connect_fail)")) {
                verdicts.put(rest, value);
              }
            });
    return verdicts;
  }

  /** Waits until a cluster has no connection. */
  void awaitIdle(String cluster) {
    await("the end of all connections")
        .atMost(Duration.ofSeconds(20))
        .until(() -> proxy.stat("cluster." + cluster + ".upstream_cx_active") == 0);
  }

  /** A cluster's counters of connections, requests and TLS that are not zero. */
  SortedMap<String, String> counters(String cluster) {
    String prefix = "cluster." + cluster + ".";
    SortedMap<String, String> counters = new TreeMap<>();
    proxy
        .stats()
        .forEach(
            (name, value) -> {
              if (name.startsWith(prefix + "upstream_") || name.startsWith(prefix + "ssl.")) {
                counters.put(name.substring(prefix.length()), value);
              }
            });
    counters
        .entrySet()
        .removeIf(
            each ->
                !each.getValue().matches("[1-9][0-9]*")
                    || each.getKey().contains("bytes") // of datagrams, in Envoy
                    || each.getKey().startsWith("ssl.")); // handshakes, which Envoy does not count
    return counters;
  }
}
