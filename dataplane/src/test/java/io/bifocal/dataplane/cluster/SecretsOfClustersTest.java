package io.bifocal.dataplane.cluster;

import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.dataplane.transport.tls.TestSecrets;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clusters whose TLS needs secrets of SDS. */
class SecretsOfClustersTest {
  private static final Authority CA = Authority.named("ca");

  private final ClusterFixture fixture = new ClusterFixture();

  private static Cluster cluster(CommonTlsContext.Builder tls) {
    return Cluster.newBuilder()
        .setName("c")
        .setTransportSocket(TestSecrets.upstream(tls))
        .setLoadAssignment(ClusterLoadAssignment.newBuilder().setClusterName("c"))
        .build();
  }

  private static CommonTlsContext.Builder both() {
    return CommonTlsContext.newBuilder()
        .addTlsCertificateSdsSecretConfigs(TestSecrets.sds("own"))
        .setValidationContextSdsSecretConfig(TestSecrets.sds("ca"));
  }

  private ClusterFixture started() {
    fixture.start();
    fixture.xds.respond(CLUSTER, "0");
    var unused = fixture.xds.newRequests();
    return fixture;
  }

  @Test
  void aClusterWarmsUntilItsSecretsAreThere() throws Exception {
    started().xds.respond(CLUSTER, "1", cluster(both()));
    assertThat(fixture.xds.newRequests())
        .as("one request for both; the ACK waits")
        .containsExactly("SDS[ca, own]");
    fixture.xds.respond(SECRET, "1", TestSecrets.trust("ca", CA.pem()));
    assertThat(fixture.manager.find("c")).isNull();
    fixture.xds.respond(
        SECRET, "2", TestSecrets.certificate("own", CA.issue(Authority.leaf("client.test"))));
    assertThat(fixture.manager.find("c")).isNotNull();
    assertThat(fixture.xds.newRequests()).containsOnlyOnce("CDS[] v1");
  }

  @Test
  void hostsAreAskedForBeforeSecrets() throws Exception {
    Cluster eds =
        cluster(both()).toBuilder()
            .clearLoadAssignment()
            .setType(DiscoveryType.EDS)
            .setEdsClusterConfig(EdsClusterConfig.newBuilder().setEdsConfig(TestSecrets.ADS))
            .build();
    started().xds.respond(CLUSTER, "1", eds);
    assertThat(fixture.xds.newRequests()).containsExactly("EDS[c]");
    fixture.xds.respond(
        ENDPOINTS, "1", ClusterLoadAssignment.newBuilder().setClusterName("c").build());
    assertThat(fixture.xds.newRequests()).containsExactly("SDS[own]", "SDS[ca, own]", "EDS[c] v1");
  }

  @Test
  void aSecretThatDoesNotComeEndsTheWarmingInTime() throws Exception {
    started().xds.respond(CLUSTER, "1", cluster(both()));
    fixture.xds.respond(SECRET, "1", TestSecrets.trust("ca", CA.pem()));
    fixture.xds.timeOut(SECRET, "own");
    assertThat(fixture.manager.find("c")).isNotNull();
  }

  @Test
  void aBadSecretIsRefusedAndEndsTheWarming() throws Exception {
    started().xds.respond(CLUSTER, "1", cluster(both()));
    fixture.xds.respond(SECRET, "1", TestSecrets.trust("ca", "junk"));
    assertThat(fixture.xds.newRequests())
        .last()
        .asString()
        .endsWith("error: Failed to load trusted CA certificates from <inline>");
  }

  @Test
  void theSecretIsJudgedTogetherWithWhatIsConfigured() throws Exception {
    CommonTlsContext.Builder combined =
        CommonTlsContext.newBuilder()
            .setCombinedValidationContext(
                CombinedCertificateValidationContext.newBuilder()
                    .setDefaultValidationContext(
                        CertificateValidationContext.newBuilder().setAllowExpiredCertificate(true))
                    .setValidationContextSdsSecretConfig(TestSecrets.sds("ca")));
    started().xds.respond(CLUSTER, "1", cluster(combined));
    fixture.xds.respond(
        SECRET,
        "1",
        io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.newBuilder()
            .setName("ca")
            .setValidationContext(CertificateValidationContext.getDefaultInstance())
            .build());
    assertThat(fixture.xds.newRequests())
        .contains(
            "SDS[ca] error: Certificate validity period is always ignored without trusted CA");
    fixture.xds.respond(SECRET, "2", TestSecrets.trust("ca", CA.pem()));
    assertThat(fixture.xds.newRequests()).last().isEqualTo("SDS[ca] v2");
  }

  @Test
  void aClusterOfTheBootstrapWarmsToo() throws Exception {
    fixture.with(cluster(both())).start();
    assertThat(fixture.xds.names(SECRET)).containsExactly("ca", "own");
    assertThat(fixture.xds.open(CLUSTER)).as("CDS comes after it").isZero();
    fixture.xds.respond(
        SECRET,
        "1",
        TestSecrets.trust("ca", CA.pem()),
        TestSecrets.certificate("own", CA.issue(Authority.leaf("client.test"))));
    assertThat(fixture.manager.find("c")).isNotNull();
    assertThat(fixture.xds.open(CLUSTER)).isEqualTo(1);
  }

  private static Cluster resolved(CommonTlsContext.Builder tls) {
    return ClusterFixture.inline("d", "svc").toBuilder()
        .setType(DiscoveryType.STRICT_DNS)
        .setTransportSocket(TestSecrets.upstream(tls))
        .build();
  }

  @Test
  void aDirectoryThatCannotBeWatchedHoldsNothingUp(@TempDir Path folder) throws Exception {
    Path authority = Files.writeString(folder.resolve("ca.pem"), CA.pem());
    CommonTlsContext.Builder tls = TestSecrets.trustIn(authority, folder.resolve("none"));
    fixture.resolver.with("svc", "10.0.0.1");
    fixture.with(resolved(tls), cluster(tls)).start();
    assertThat(fixture.manager.find("d")).as("as with Envoy, its files are read").isNotNull();
    assertThat(fixture.manager.find("c")).as("whether hosts are waited for or not").isNotNull();
  }

  @Test
  void aSourceOfSecretsThatIsNotServedHoldsNothingUp() throws Exception {
    fixture.resolver.with("svc", "10.0.0.1");
    started().xds.serveOnly(source -> false);
    fixture.cds("1", resolved(both()));
    assertThat(fixture.manager.find("d")).isNotNull();
  }

  @Test
  void secretsAreLetGoWithTheCluster() throws Exception {
    started().xds.respond(CLUSTER, "1", cluster(both()));
    assertThat(fixture.xds.names(SECRET)).containsExactly("ca", "own");
    fixture.xds.respond(CLUSTER, "2");
    assertThat(fixture.xds.open(SECRET)).isZero();
  }
}
