package io.bifocal.dataplane.secret;

import static io.bifocal.xds.ResourceType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.Resource;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.GenericSecret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SecretManagerTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private final VirtualTime time = new VirtualTime();
  private final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  private final List<String> observed = new ArrayList<>();
  private final SecretManager secrets = new SecretManager(time, xds, this::observer);
  private final InitManager init = new InitManager("test");
  private final List<String> used = new ArrayList<>();

  private SubscriptionObserver observer(String secret) {
    return new SubscriptionObserver() {
      @Override
      public void onSuccess(String version, Duration took) {
        observed.add(secret + " " + version);
      }

      @Override
      public void onRejected(String reason) {
        observed.add(secret + " rejected");
      }

      @Override
      public void onEnd() {
        observed.add(secret + " ended");
      }
    };
  }

  private SecretLease lease(String name, String user) {
    return lease(SecretKind.TLS_CERTIFICATE, name, user);
  }

  /** Takes what does not begin with "bad" in it, and notes it. */
  private SecretLease lease(SecretKind kind, String name, String user) {
    return secrets.lease(
        kind,
        ADS,
        name,
        init,
        secret -> {
          String text = secret.getTlsCertificate().getCertificateChain().getInlineString();
          if (text.startsWith("bad")) {
            throw new ConfigException(user + " cannot use " + text);
          }
          return () -> used.add(user + " " + text);
        });
  }

  private static Secret certificate(String name, String text) {
    return Secret.newBuilder()
        .setName(name)
        .setTlsCertificate(
            TlsCertificate.newBuilder()
                .setCertificateChain(DataSource.newBuilder().setInlineString(text)))
        .build();
  }

  @Test
  void whoeverWantsASecretSharesOneSubscriptionWhileItIsLeased() {
    SecretLease first = lease("a", "first");
    SecretLease second = lease("a", "second");
    assertThat(xds.open(SECRET)).isEqualTo(1);
    xds.respond(SECRET, "1", certificate("a", "one"));
    assertThat(used).containsExactly("first one", "second one");
    SecretLease third = lease("a", "third");
    assertThat(used).endsWith("third one");
    first.close();
    first.close();
    second.close();
    assertThat(xds.open(SECRET)).isEqualTo(1);
    xds.respond(SECRET, "2", certificate("a", "two"));
    assertThat(used).endsWith("third two").doesNotContain("first two");
    third.close();
    assertThat(xds.open(SECRET)).isZero();
    assertThat(observed).containsExactly("a 1", "a 2", "a ended");
  }

  @Test
  void kindsAndSourcesAreToldApart() {
    SecretLease one = lease("a", "first");
    SecretLease other = lease(SecretKind.GENERIC_SECRET, "a", "second");
    assertThat(xds.open(SECRET)).isEqualTo(2);
    one.close();
    assertThat(observed).as("the other still counts under that name").isEmpty();
    other.close();
    assertThat(observed).containsExactly("a ended");
  }

  @Test
  void whatOneUserRefusesNobodyUses() {
    lease("a", "first");
    lease("a", "second");
    xds.respond(SECRET, "1", certificate("a", "one"));
    xds.respond(SECRET, "2", certificate("a", "bad"));
    assertThat(used).containsExactly("first one", "second one");
    assertThat(xds.newRequests()).last().isEqualTo("SDS[a] v1 error: first cannot use bad");
    assertThat(active().get(0).getVersionInfo()).isEqualTo("1");
    assertThat(observed).containsExactly("a 1", "a rejected");
    xds.respond(SECRET, "3", certificate("a", "three"));
    assertThat(used).endsWith("first three", "second three");
  }

  @Test
  void anUnchangedSecretIsGivenToNobodyAgain() {
    lease("a", "first");
    xds.respond(SECRET, "1", certificate("a", "one"));
    time.advance(Duration.ofSeconds(1));
    var since = active().get(0).getLastUpdated();
    xds.respond(SECRET, "2", certificate("a", "one"));
    assertThat(used).containsExactly("first one");
    assertThat(active().get(0).getVersionInfo()).isEqualTo("1");
    assertThat(active().get(0).getLastUpdated()).isEqualTo(since);
  }

  @Test
  void aRemovedSecretStaysInUse() {
    lease("a", "first");
    xds.respond(SECRET, "1", certificate("a", "one"));
    xds.respondDelta(SECRET, "2", List.of(), List.of("a"));
    assertThat(xds.newRequests()).last().isEqualTo("SDS[a] v2");
    assertThat(active()).hasSize(1);
  }

  @Test
  void aSecretUnderAnotherNameOrOfAnotherKindIsRefused() {
    lease("a", "first");
    xds.respondDelta(
        SECRET, "1", List.of(new Resource<>("a", "1", certificate("b", "one"))), List.of());
    assertThat(xds.newRequests())
        .last()
        .isEqualTo("SDS[a] error: Unexpected SDS secret (expecting a): b");
    lease(SecretKind.VALIDATION_CONTEXT, "v", "second");
    xds.respond(SECRET, "2", certificate("v", "one"));
    assertThat(xds.newRequests())
        .last()
        .isEqualTo("SDS[a, v] error: Unexpected SDS secret v: it is no validation_context");
  }

  // ---- warming

  @Test
  void theInitManagerWaitsForEachSecretOnce() {
    lease("a", "first");
    lease("a", "second");
    lease("b", "first");
    boolean[] ready = {false};
    init.await(() -> ready[0] = true);
    assertThat(init.unready()).containsExactly("SdsApi a", "SdsApi b");
    xds.respond(SECRET, "1", certificate("a", "one"));
    xds.disconnect();
    assertThat(init.unready()).containsExactly("SdsApi b");
    assertThat(ready[0]).isFalse();
    xds.timeOut(SECRET, "b");
    assertThat(ready[0]).isTrue();
    assertThat(warming()).containsExactly("b");
    xds.respond(SECRET, "2", certificate("b", "late"));
    assertThat(used).endsWith("first late");
    assertThat(warming()).isEmpty();
  }

  @Test
  void aRefusalEndsTheWaiting() {
    lease("a", "first");
    boolean[] ready = {false};
    init.await(() -> ready[0] = true);
    xds.respond(SECRET, "1", certificate("a", "bad"));
    assertThat(ready[0]).isTrue();
    assertThat(warming()).containsExactly("a");
  }

  @Test
  void aSourceThatIsNotServedLeavesNothing() {
    xds.serveOnly(source -> false);
    assertThatThrownBy(() -> lease("a", "first")).isInstanceOf(IllegalArgumentException.class);
    boolean[] ready = {false};
    init.await(() -> ready[0] = true);
    assertThat(ready[0]).isTrue();
    assertThat(secrets.dump()).isEqualTo(SecretsConfigDump.getDefaultInstance());
  }

  // ---- the bootstrap's

  @Test
  void secretsOfTheBootstrapAreFoundByKindAndName() throws Exception {
    Secret certificate = certificate("a", "one");
    Secret trust =
        Secret.newBuilder()
            .setName("a")
            .setValidationContext(CertificateValidationContext.getDefaultInstance())
            .build();
    secrets.addStatic(certificate);
    secrets.addStatic(trust);
    assertThat(secrets.fixed(SecretKind.TLS_CERTIFICATE, "a")).isEqualTo(certificate);
    assertThat(secrets.fixed(SecretKind.VALIDATION_CONTEXT, "a")).isEqualTo(trust);
    assertThatThrownBy(() -> secrets.fixed(SecretKind.TLS_CERTIFICATE, "b"))
        .hasMessage("Unknown static secret: b");
    assertThatThrownBy(() -> secrets.fixed(SecretKind.VALIDATION_CONTEXT, "b"))
        .hasMessage("Unknown static certificate validation context: b");
    assertThatThrownBy(() -> secrets.fixed(SecretKind.SESSION_TICKET_KEYS, "b"))
        .hasMessage("Unknown tls session ticket keys: b");
    assertThatThrownBy(() -> secrets.addStatic(certificate))
        .hasMessage("Duplicate static TlsCertificate secret name a");
    assertThatThrownBy(() -> secrets.addStatic(Secret.newBuilder().setName("c").build()))
        .hasMessage("Secret type not implemented");
    secrets.addStatic(
        Secret.newBuilder()
            .setName("g")
            .setGenericSecret(GenericSecret.getDefaultInstance())
            .build());
    assertThat(secrets.dump().getStaticSecretsList())
        .extracting(SecretsConfigDump.StaticSecret::getName)
        .containsExactly("a", "a", "g");
  }

  // ---- dumps

  @Test
  void dumpsShowWhatIsInUseAndWhatIsWaitedFor() throws InvalidProtocolBufferException {
    lease("a", "first");
    lease("b", "first");
    xds.respond(SECRET, "1", certificate("a", "one"));
    SecretsConfigDump.DynamicSecret active = active().get(0);
    assertThat(active.getName()).isEqualTo("a");
    assertThat(active.getVersionInfo()).isEqualTo("1");
    assertThat(active.getSecret().unpack(Secret.class)).isEqualTo(certificate("a", "one"));
    SecretsConfigDump.DynamicSecret warming = secrets.dump().getDynamicWarmingSecrets(0);
    assertThat(warming.getVersionInfo()).isEqualTo("uninitialized");
    assertThat(warming.getSecret()).isEqualTo(Any.pack(Secret.newBuilder().setName("b").build()));
  }

  @Test
  void aRefusedSecretIsShownBesideTheOneInUse() throws InvalidProtocolBufferException {
    lease("a", "first");
    xds.respond(SECRET, "1", certificate("a", "one"));
    assertThat(active().get(0).getClientStatus()).isEqualTo(ClientResourceStatus.ACKED);
    xds.respond(SECRET, "2", certificate("a", "bad"));
    SecretsConfigDump.DynamicSecret shown = active().get(0);
    assertThat(shown.getClientStatus()).isEqualTo(ClientResourceStatus.NACKED);
    assertThat(shown.getSecret().unpack(Secret.class)).isEqualTo(certificate("a", "one"));
    assertThat(shown.getErrorState().getDetails()).isEqualTo("first cannot use bad");
    assertThat(shown.getErrorState().getVersionInfo()).isEqualTo("2");
    assertThat(shown.getErrorState().getFailedConfiguration().unpack(Secret.class))
        .isEqualTo(certificate("a", "bad"));
    xds.respond(SECRET, "3", certificate("a", "three"));
    assertThat(active().get(0).hasErrorState()).isFalse();
  }

  private List<SecretsConfigDump.DynamicSecret> active() {
    return secrets.dump().getDynamicActiveSecretsList();
  }

  private List<String> warming() {
    return secrets.dump().getDynamicWarmingSecretsList().stream()
        .map(SecretsConfigDump.DynamicSecret::getName)
        .toList();
  }
}
