package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Sample;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sample of two proxies that know each other by their certificates; each may be either. */
class DoubleProxyTest {
  @RegisterExtension final Stage stage = new Stage();

  private final Map<String, Object> values = new TreeMap<>();

  private void issue(X509Bundle authority, String half, String name) {
    X509Bundle issued = Certificates.issue(authority, Certificates.leaf(name));
    values.put(half + ".crt", file(half + ".crt", issued.getCertificatePathPEM()));
    values.put(half + ".key", file(half + ".key", issued.getPrivateKeyPEM()));
  }

  private Path file(String name, String content) {
    return stage.write(name, content);
  }

  private Proxy start(Subject subject, String sample) {
    return stage.start(subject, Sample.of(sample, values)).awaitLive();
  }

  private static String get(Proxy proxy) throws IOException, InterruptedException {
    URI page = URI.create("http://127.0.0.1:" + proxy.listener("ingress").getPort() + "/");
    HttpRequest request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(20)).build();
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .build()
        .send(request, HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @ParameterizedTest
  @CsvSource({"ENVOY,ENVOY", "BIFOCAL,ENVOY", "ENVOY,BIFOCAL", "BIFOCAL,BIFOCAL"})
  void bytesGoThroughBothHalves(Subject near, Subject far) throws Exception {
    X509Bundle authority = Certificates.root("inside");
    values.put("ca.crt", file("ca.crt", authority.getCertificatePEM()));
    issue(authority, "near", "near.internal");
    issue(authority, "far", "far.internal");
    values.put(
        "backend", stage.keep(Backend.start("127.0.0.1", "the service")).address().getPort());
    Proxy farHalf = start(far, "double-proxy-far");
    values.put("far", farHalf.listener("ingress").getPort());
    Proxy nearHalf = start(near, "double-proxy-near");

    assertThat(get(nearHalf)).isEqualTo("the service");
    assertThatThrownBy(() -> get(farHalf))
        .as("who does not come over TLS, with a certificate, gets nothing")
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @CsvSource({"ENVOY,ENVOY", "BIFOCAL,ENVOY", "ENVOY,BIFOCAL", "BIFOCAL,BIFOCAL"})
  void aStrangersCertificateIsRefused(Subject near, Subject far) {
    X509Bundle authority = Certificates.root("inside");
    values.put("ca.crt", file("ca.crt", authority.getCertificatePEM()));
    issue(authority, "near", "stranger.internal");
    issue(authority, "far", "far.internal");
    Backend service = stage.keep(Backend.start("127.0.0.1", "the service"));
    values.put("backend", service.address().getPort());
    values.put("far", start(far, "double-proxy-far").listener("ingress").getPort());

    Proxy nearHalf = start(near, "double-proxy-near");

    assertThatThrownBy(() -> get(nearHalf)).isInstanceOf(IOException.class);
    assertThat(service.requests()).isZero();
  }
}
