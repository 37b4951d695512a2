package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Before an origin that speaks every version of HTTP, which is another Envoy. */
class VersionsBesideEnvoyTest {
  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle OWN = Certificates.issue(CA, Certificates.leaf("localhost"));
  private static final String HEAD =
      "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}\nstatic_resources:\n  listeners:\n";

  private final Started started = new Started();
  private final int port = Ports.free();

  @BeforeEach
  void startOrigin() {
    String routes =
        EveryVersion.routes(
            "response_headers_to_add: [{header: {key: alt-svc, value: 'h3=\":%d\"; ma=3600'}}],"
                    .formatted(port)
                + " routes: [{match: {prefix: /}, direct_response: {status: 200, body:"
                + " {inline_string: ok}}}]");
    var unused =
        started
            .start(
                Subject.ENVOY,
                List.of(),
                HEAD + EveryVersion.listeners(port, OWN, routes + ", " + EveryVersion.filters()),
                List.of())
            .awaitLive();
  }

  @AfterEach
  void stop() throws Exception {
    started.close();
  }

  @ParameterizedTest
  @EnumSource
  void theUpstreamHearsTheVersionOfTheClient(Subject subject) throws Exception {
    Path log = started.directory().resolve("log");
    Proxy proxy =
        start(
            subject,
            log,
            EveryVersion.filters(),
            "use_downstream_protocol_config: {http2_protocol_options: {}, http3_protocol_options:"
                + " {}}");
    get(proxy, Version.HTTP_1_1);
    get(proxy, Version.HTTP_2);
    Http3Client client = Http3Client.start(started);
    assertThat(client.connect("c", proxy.listener("quic"), "localhost")).startsWith("connected");
    assertThat(client.tell(Ask.get("/").json("c"))).startsWith("200").contains("ok");
    await("three lines").until(() -> AccessLogFile.lines(log).size() == 3);
    assertThat(AccessLogFile.lines(log))
        .containsExactly("HTTP/1.1 HTTP/1.1 200", "HTTP/2 HTTP/2 200", "HTTP/3 HTTP/3 200");
    assertThat(proxy.stat("cluster.up.upstream_cx_http1_total")).isEqualTo(1);
    assertThat(proxy.stat("cluster.up.upstream_cx_http2_total")).isEqualTo(1);
    assertThat(proxy.stat("cluster.up.upstream_cx_http3_total")).isEqualTo(1);
    assertThat(proxy.stat("cluster.up.upstream_cx_total")).isEqualTo(3);
  }

  /** What it learnt from an origin, it knows again; and so does the other one. */
  @ParameterizedTest
  @EnumSource
  void whatOneHasLearntOfAnOriginBothKnowWhenTheyStart(Subject writer) throws Exception {
    Path file = started.directory().resolve("alternatives");
    Proxy first = learning(writer, file, "first");
    get(first, Version.HTTP_1_1);
    assertThat(logged("first", 1)).endsWith(" HTTP/2 200");
    await("the file")
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                Files.exists(file) && Files.readString(file).contains("https://localhost:" + port));
    first.program().terminate();
    String written = Files.readString(file);
    for (Subject reader : Subject.values()) {
      String name = "read-by-" + reader;
      Path copy = Files.writeString(started.directory().resolve(name + ".file"), written);
      get(learning(reader, copy, name), Version.HTTP_1_1);
      assertThat(logged(name, 1)).as("%s reads %s", reader, written).endsWith(" HTTP/3 200");
    }
  }

  private String logged(String name, int lines) {
    Path log = started.directory().resolve(name + ".log");
    return await("a line of " + name)
        .atMost(Duration.ofSeconds(20))
        .until(() -> AccessLogFile.lines(log), all -> all.size() == lines)
        .get(lines - 1);
  }

  /** Knows of origins what is in the file. */
  private Proxy learning(Subject subject, Path file, String name) {
    String store =
        "{name: envoy.key_value.file_based, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.config.common.key_value.v3.KeyValueStoreConfig, config:"
            + " {name: envoy.key_value.file_based, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.key_value.file_based.v3.FileBasedKeyValueStoreConfig,"
            + " filename: %s, flush_interval: 0.2s}}}}".formatted(file);
    return start(
        subject,
        started.directory().resolve(name + ".log"),
        EveryVersion.filters("filters.http.alternate_protocols_cache.v3.FilterConfig"),
        "auto_config: {http2_protocol_options: {}, http3_protocol_options: {},"
            + " alternate_protocols_cache_options: {name: known, key_value_store_config: %s}}"
                .formatted(store));
  }

  private Proxy start(Subject subject, Path log, String filters, String options) {
    String accessLog =
        "access_log: [{name: file, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path:"
            + " %s, log_format: {text_format_source: {inline_string: \"%%PROTOCOL%%".formatted(log)
            + " %UPSTREAM_PROTOCOL% %RESPONSE_CODE%\\n\"}}}}]";
    String routes = EveryVersion.routes("routes: [{match: {prefix: /}, route: {cluster: up}}]");
    return started
        .start(
            subject,
            List.of(),
            HEAD
                + EveryVersion.listeners(0, OWN, String.join(", ", routes, accessLog, filters))
                + "  clusters:\n"
                + EveryVersion.cluster(port, CA, options),
            List.of("--file-flush-interval-msec", "20"))
        .awaitLive();
  }

  private static void get(Proxy proxy, Version version) throws Exception {
    InetSocketAddress at = proxy.listener("tcp");
    SSLContext trust = SSLContext.getInstance("TLS");
    trust.init(null, new TrustManager[] {CA.toTrustManager()}, null);
    HttpResponse<String> answer =
        HttpClient.newBuilder()
            .version(version)
            .sslContext(trust)
            .build()
            .send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + at.getPort() + "/"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("ok");
    assertThat(answer.version()).isEqualTo(version);
  }
}
