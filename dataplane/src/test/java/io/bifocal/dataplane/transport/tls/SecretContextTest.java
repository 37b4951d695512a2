package io.bifocal.dataplane.transport.tls;

import static io.bifocal.xds.ResourceType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.secret.SecretManager;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.concurrent.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream's transport sockets, before and after their secrets came. */
class SecretContextTest {
  private static final Authority CA = Authority.named("ca");

  private final VirtualTime time = new VirtualTime();
  private final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  private final Secrets secrets = new SecretManager(time, xds, name -> SubscriptionObserver.NONE);
  private final StatsStore stats = new StatsStore(1);
  private final Scope scope = stats.root().scope("c");
  private final EmbeddedChannel channel = new EmbeddedChannel();

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private UpstreamTls read(CommonTlsContext.Builder common) throws Exception {
    return new UpstreamTlsReader(TlsProvider.best(), secrets)
        .read(TestSecrets.upstream(common).getTypedConfig(), "here", new ArrayList<>());
  }

  private TransportSocket started(CommonTlsContext.Builder common) throws Exception {
    UpstreamTls tls = read(common);
    TransportSocket socket = tls.on(scope, 1).socket(ApplicationProtocol.HTTP_1_1, "");
    tls.start(scope, new InitManager("test"));
    return socket;
  }

  private long stat(String name) {
    return stats.counters().stream()
        .filter(c -> c.name().full().equals("c.client_ssl_socket_factory." + name))
        .mapToLong(Counter::value)
        .sum();
  }

  private long expiry(String name) {
    return stats.gauges().stream()
        .filter(
            g ->
                g.name()
                    .full()
                    .equals("c.ssl.certificate." + name + ".expiration_unix_time_seconds"))
        .mapToLong(Gauge::value)
        .sum();
  }

  private static long end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant().getEpochSecond();
  }

  @Test
  void whenCertificatesExpireIsShownWhileTheyAreUsed() throws Exception {
    CommonTlsContext.Builder common =
        CommonTlsContext.newBuilder()
            .addTlsCertificateSdsSecretConfigs(TestSecrets.sds("own"))
            .setValidationContextSdsSecretConfig(TestSecrets.sds("ca"));
    TlsContexts contexts = new TlsContexts();
    UpstreamTlsReader reader =
        new UpstreamTlsReader(TlsProvider.best(), secrets, contexts, KeyLog.Files.NONE);
    var config = TestSecrets.upstream(common).getTypedConfig();
    UpstreamTls one = reader.read(config, "here", new ArrayList<>());
    UpstreamTls other = reader.read(config, "here", new ArrayList<>());
    one.start(scope, new InitManager("test"));
    other.start(scope, new InitManager("test"));
    assertThat(expiry("own") + expiry("ca")).isZero();

    X509Bundle first = CA.issue(Authority.leaf("c.test"));
    xds.respond(
        SECRET, "1", TestSecrets.trust("ca", CA.pem()), TestSecrets.certificate("own", first));
    assertThat(expiry("own")).isEqualTo(end(first.getCertificate()));
    assertThat(expiry("ca")).isEqualTo(end(CA.certificate()));

    X509Bundle next = CA.issue(Authority.leaf("c.test").notAfter(Instant.now().plusSeconds(99)));
    xds.respond(SECRET, "2", TestSecrets.certificate("own", next));
    assertThat(expiry("own")).isEqualTo(end(next.getCertificate()));

    one.close();
    assertThat(expiry("own")).as("another context has it").isEqualTo(end(next.getCertificate()));
    other.close();
    assertThat(expiry("own") + expiry("ca")).isZero();
  }

  @Test
  void withoutItsSecretsAConnectionFailsInEnvoysWords() throws Exception {
    TransportSocket socket =
        started(
            CommonTlsContext.newBuilder()
                .addTlsCertificateSdsSecretConfigs(TestSecrets.sds("own"))
                .setValidationContextSdsSecretConfig(TestSecrets.sds("ca")));
    xds.respond(SECRET, "1", TestSecrets.trust("ca", CA.pem()));
    Future<?> early = socket.start(channel);
    assertThat(early.cause()).hasMessage("TLS_error: Secret is not supplied by SDS");
    assertThat(stat("upstream_context_secrets_not_ready")).isEqualTo(1);
    assertThat(stat("ssl_context_update_by_sds")).isEqualTo(1);

    xds.respond(SECRET, "2", TestSecrets.certificate("own", CA.issue(Authority.leaf("c.test"))));
    assertThat(socket.start(channel).isDone()).as("it shakes hands").isFalse();
    assertThat(stat("upstream_context_secrets_not_ready")).isEqualTo(1);
    assertThat(stat("ssl_context_update_by_sds")).isEqualTo(2);
  }

  @Test
  void whatIsSwappedBeforeTheFilesAreFollowedIsTaken(@TempDir Path folder) throws Exception {
    Path authority = Files.writeString(folder.resolve("ca.pem"), CA.pem());
    UpstreamTls tls = read(TestSecrets.trustIn(authority, folder));
    UpstreamTls other = read(TestSecrets.trustIn(authority, folder));
    other.start(scope, new InitManager("test"));
    assertThat(stat("ssl_context_update_by_sds")).as("nothing is new").isZero();
    Files.writeString(authority, Authority.named("other").pem());
    tls.start(scope, new InitManager("test"));
    assertThat(stat("ssl_context_update_by_sds")).isEqualTo(1);
    tls.close();
    other.close();
  }

  @Test
  void aSecretThatIsUsedTwiceIsTakenTwice() throws Exception {
    CommonTlsContext.Builder twice =
        CommonTlsContext.newBuilder()
            .addTlsCertificateSdsSecretConfigs(TestSecrets.sds("own"))
            .addTlsCertificateSdsSecretConfigs(TestSecrets.sds("own"));
    DownstreamTls tls =
        new DownstreamTlsReader(TlsProvider.best(), secrets)
            .read(
                TestSecrets.downstream(twice).getTypedConfig(),
                "here",
                alpn -> true,
                new ArrayList<>());
    TransportSocket socket = tls.on(scope, 1);
    tls.start(scope, new InitManager("test"));
    xds.respond(SECRET, "1", TestSecrets.certificate("own", CA.issue(Authority.leaf("c.test"))));
    assertThat(socket.start(channel).isDone()).as("it shakes hands").isFalse();
    tls.close();
    tls.close();
    assertThat(xds.open(SECRET)).isZero();
  }
}
