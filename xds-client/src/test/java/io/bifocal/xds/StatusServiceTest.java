package io.bifocal.xds;

import static io.bifocal.xds.Conversation.ADS;
import static io.bifocal.xds.Conversation.cluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.util.Timestamps;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.service.status.v3.ClientConfig.GenericXdsConfig;
import io.envoyproxy.envoy.service.status.v3.ClientStatusDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import io.envoyproxy.envoy.service.status.v3.ClientStatusResponse;
import io.envoyproxy.envoy.type.matcher.v3.NodeMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CSDS, asked by gRPC's own stub. */
class StatusServiceTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final Conversation talk = Conversation.stateOfTheWorld().start();
  private final List<AutoCloseable> open = new ArrayList<>();
  private ClientStatusDiscoveryServiceGrpc.ClientStatusDiscoveryServiceBlockingStub stub;
  private ManagedChannel channel;

  @BeforeEach
  void serve() throws IOException {
    channel = serve("csds", talk.client.statusService());
    stub = ClientStatusDiscoveryServiceGrpc.newBlockingStub(channel);
  }

  private ManagedChannel serve(String name, BindableService service) throws IOException {
    Server server =
        InProcessServerBuilder.forName(name).directExecutor().addService(service).build().start();
    ManagedChannel to = InProcessChannelBuilder.forName(name).directExecutor().build();
    open.add(to::shutdownNow);
    open.add(server::shutdownNow);
    return to;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    talk.client.close();
  }

  private static ClientStatusRequest everybody() {
    return ClientStatusRequest.getDefaultInstance();
  }

  private static ClientStatusRequest nodes(StringMatcher.Builder id) {
    return ClientStatusRequest.newBuilder()
        .addNodeMatchers(NodeMatcher.newBuilder().setNodeId(id))
        .build();
  }

  private List<GenericXdsConfig> fetch() {
    return stub.fetchClientStatus(everybody()).getConfig(0).getGenericXdsConfigsList();
  }

  private GenericXdsConfig only() {
    assertThat(fetch()).hasSize(1);
    return fetch().get(0);
  }

  private ClientResourceStatus status() {
    return only().getClientStatus();
  }

  private void respond(ResourceType<?> type, String version, Message... resources) {
    talk.respond(type, version, "n" + version, resources);
    talk.time.run();
  }

  @Test
  void eachStatusOfAResource() throws Exception {
    talk.client.watch(
        ResourceType.CLUSTER,
        "a",
        r -> r.value().getAltStatName().isEmpty() ? Verdict.accept() : Verdict.reject("not that"));
    assertThat(status()).isEqualTo(ClientResourceStatus.REQUESTED);
    talk.server.hangUp("gone");
    talk.time.run();
    assertThat(status()).isEqualTo(ClientResourceStatus.RECEIVED_ERROR);
    assertThat(only().getErrorState().getDetails()).contains("gone");
    talk.time.advance(Duration.ofSeconds(15));
    assertThat(status()).isEqualTo(ClientResourceStatus.TIMEOUT);
    respond(ResourceType.CLUSTER, "1", cluster("a"));
    assertThat(status()).isEqualTo(ClientResourceStatus.ACKED);
    assertThat(only().getTypeUrl()).isEqualTo(ResourceType.CLUSTER.typeUrl());
    assertThat(only().getName()).isEqualTo("a");
    assertThat(only().getVersionInfo()).isEqualTo("1");
    assertThat(only().getXdsConfig().unpack(Cluster.class)).isEqualTo(cluster("a"));
    assertThat(only().getLastUpdated())
        .isEqualTo(Timestamps.fromMillis(START.plusSeconds(15).toEpochMilli()));
    assertThat(only().hasErrorState()).isFalse();
    Cluster bad = cluster("a").toBuilder().setAltStatName("x").build();
    respond(ResourceType.CLUSTER, "2", bad);
    assertThat(status()).isEqualTo(ClientResourceStatus.NACKED);
    assertThat(only().getVersionInfo()).isEqualTo("1");
    assertThat(only().getErrorState().getDetails()).isEqualTo("not that");
    assertThat(only().getErrorState().getVersionInfo()).isEqualTo("2");
    assertThat(only().getErrorState().getFailedConfiguration().unpack(Cluster.class))
        .isEqualTo(bad);
    respond(ResourceType.CLUSTER, "3");
    assertThat(status()).isEqualTo(ClientResourceStatus.DOES_NOT_EXIST);
    assertThat(only().hasErrorState()).isFalse();
  }

  @Test
  void whatADataPlaneSubscribesToIsInItAndWhatConcernsAllIsTheStar() {
    talk.subscriptions.subscribe(
        ADS, ResourceType.LISTENER, Set.of(), u -> Verdict.accept(), SubscriptionObserver.NONE);
    assertThat(only().getName()).isEqualTo("*");
    assertThat(status()).isEqualTo(ClientResourceStatus.REQUESTED);
    respond(ResourceType.LISTENER, "1", Conversation.listener("l"));
    assertThat(only().getName()).isEqualTo("l");
    assertThat(stub.fetchClientStatus(everybody()).getConfig(0).getNode().getId()).isEqualTo("n");
  }

  private static Secret secret(String key) {
    return Secret.newBuilder()
        .setName("s")
        .setTlsCertificate(
            TlsCertificate.newBuilder()
                .setPrivateKey(
                    DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8(key))))
        .build();
  }

  @Test
  void secretsAreRedactedAlsoInWhatWasRefused() throws Exception {
    talk.client.watch(
        ResourceType.SECRET,
        "s",
        r -> r.value().equals(secret("good")) ? Verdict.accept() : Verdict.reject("bad"));
    respond(ResourceType.SECRET, "1", secret("good"));
    respond(ResourceType.SECRET, "2", secret("wicked"));
    String shown = stub.fetchClientStatus(everybody()).toString();
    assertThat(shown).contains("[redacted]").doesNotContain("good").doesNotContain("wicked");
    assertThat(only().getErrorState().getFailedConfiguration().unpack(Secret.class))
        .isEqualTo(secret("[redacted]"));
    ManagedChannel trusted = serve("trusted", talk.client.unredactedStatusService());
    assertThat(
            ClientStatusDiscoveryServiceGrpc.newBlockingStub(trusted)
                .fetchClientStatus(everybody())
                .getConfig(0)
                .getGenericXdsConfigs(0)
                .getXdsConfig()
                .unpack(Secret.class))
        .isEqualTo(secret("good"));
  }

  @Test
  void contentsAreLeftOutWhenSoAsked() {
    talk.client.watch(ResourceType.CLUSTER, "a", WatchListener.accepting());
    respond(ResourceType.CLUSTER, "1", cluster("a"));
    GenericXdsConfig config =
        stub.fetchClientStatus(everybody().toBuilder().setExcludeResourceContents(true).build())
            .getConfig(0)
            .getGenericXdsConfigs(0);
    assertThat(config.hasXdsConfig()).isFalse();
    assertThat(config.getVersionInfo()).isEqualTo("1");
  }

  @Test
  void aQuestionForOtherNodesHasAnEmptyAnswer() {
    assertThat(stub.fetchClientStatus(nodes(StringMatcher.newBuilder().setExact("n"))))
        .matches(response -> response.getConfigCount() == 1);
    assertThat(stub.fetchClientStatus(nodes(StringMatcher.newBuilder().setPrefix("other"))))
        .matches(response -> response.getConfigCount() == 0);
    assertThatThrownBy(
            () ->
                stub.fetchClientStatus(
                    nodes(
                        StringMatcher.newBuilder()
                            .setSafeRegex(RegexMatcher.newBuilder().setRegex(".*")))))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("INVALID_ARGUMENT: node_matchers[0].node_id: SAFE_REGEX is not supported");
  }

  @Test
  void eachQuestionOfAStreamIsAnswered() {
    List<ClientStatusResponse> answers = new ArrayList<>();
    List<String> ends = new ArrayList<>();
    StreamObserver<ClientStatusRequest> questions =
        ClientStatusDiscoveryServiceGrpc.newStub(channel)
            .streamClientStatus(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ClientStatusResponse answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable t) {
                    ends.add(t.getMessage());
                  }

                  @Override
                  public void onCompleted() {
                    ends.add("completed");
                  }
                });
    questions.onNext(everybody());
    talk.client.watch(ResourceType.CLUSTER, "a", WatchListener.accepting());
    questions.onNext(everybody());
    assertThat(answers)
        .extracting(answer -> answer.getConfig(0).getGenericXdsConfigsCount())
        .containsExactly(0, 1);
    questions.onCompleted();
    assertThat(ends).containsExactly("completed");
  }
}
