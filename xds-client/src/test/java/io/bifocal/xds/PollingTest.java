package io.bifocal.xds;

import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.xds.rest.RestTransport.Post;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A control plane that is polled over HTTP. */
class PollingTest {
  private static final Duration DELAY = Duration.ofSeconds(2);

  private final Conversation talk = Conversation.stateOfTheWorld();
  private final Counting counts = new Counting();

  private static ConfigSource polled() {
    return ConfigSource.newBuilder()
        .setApiConfigSource(
            ApiConfigSource.newBuilder()
                .setApiType(ApiType.REST)
                .addClusterNames("xds")
                .setRefreshDelay(Durations.fromSeconds(DELAY.toSeconds()))
                .setRequestTimeout(Durations.fromMillis(300)))
        .build();
  }

  private Subscription subscribe(ResourceType<?> type, String... names) {
    return subscribe(type, update -> Verdict.accept(), names);
  }

  private <T extends com.google.protobuf.Message> Subscription subscribe(
      ResourceType<T> type, Function<Update<T>, Verdict> watcher, String... names) {
    Set<String> ordered = new LinkedHashSet<>(List.of(names));
    return talk.subscribe(polled(), type, ordered, watcher, counts);
  }

  private void answer(int status, String body) {
    talk.rest.answer(status, body);
    talk.time.run();
  }

  private static String clusters(String version, String... names) {
    StringBuilder resources = new StringBuilder();
    for (String name : names) {
      resources
          .append(resources.isEmpty() ? "" : ",")
          .append("{\"@type\": \"" + CLUSTER.typeUrl() + "\", \"name\": \"" + name + "\"}");
    }
    return "{\"version_info\": \"" + version + "\", \"resources\": [" + resources + "]}";
  }

  private DiscoveryRequest request() throws Exception {
    List<Post> posts = talk.rest.takePosts();
    assertThat(posts).hasSize(1);
    DiscoveryRequest.Builder request = DiscoveryRequest.newBuilder();
    JsonFormat.parser().merge(posts.get(0).json(), request);
    return request.build();
  }

  private void passes(Duration delay) {
    talk.time.advance(delay);
  }

  @Test
  void aRequestTellsWhoAsksForWhat() throws Exception {
    talk.start();
    subscribe(ENDPOINTS, "e2", "e1");
    Post post = talk.rest.takePosts().get(0);
    assertThat(post.cluster()).isEqualTo("xds");
    assertThat(post.path()).isEqualTo("/v3/discovery:endpoints");
    assertThat(post.timeout()).isEqualTo(Duration.ofMillis(300));
    assertThat(post.json())
        .contains("\"resource_names\"", "\"type_url\"")
        .doesNotContain("response_nonce", "error_detail", "version_info");
    DiscoveryRequest.Builder request = DiscoveryRequest.newBuilder();
    JsonFormat.parser().merge(post.json(), request);
    assertThat(request.getResourceNamesList()).containsExactly("e1", "e2");
    assertThat(request.getNode().getId()).isEqualTo("n");
    assertThat(request.getTypeUrl()).isEqualTo(ENDPOINTS.typeUrl());
  }

  @Test
  void afterAnAnswerTheNextRequestTellsItsVersion() throws Exception {
    talk.start();
    subscribe(CLUSTER);
    assertThat(request().getVersionInfo()).isEmpty();
    answer(200, clusters("7", "a", "b"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a, b] @7");
    talk.chance = 0.5;
    passes(DELAY.multipliedBy(3).dividedBy(2).minusMillis(1));
    assertThat(talk.rest.takePosts()).as("half the delay is the jitter").isEmpty();
    passes(Duration.ofMillis(1));
    assertThat(request().getVersionInfo()).isEqualTo("7");
    assertThat(counts).hasToString("attempt 2 success 1 version 7");
  }

  @Test
  void nothingHasChanged() {
    talk.start();
    subscribe(CLUSTER);
    answer(200, clusters("7", "a"));
    passes(DELAY.multipliedBy(2));
    answer(304, "");
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @7");
    passes(DELAY.multipliedBy(2));
    assertThat(counts).hasToString("attempt 3 success 1 version 7");
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 500, 503, 204, 301})
  void anotherStatusIsAFailureAndIsAskedAgain(int status) {
    talk.start();
    subscribe(CLUSTER);
    answer(status, clusters("7", "a"));
    assertThat(talk.takeSeen()).containsExactly("CDS Disconnected");
    passes(DELAY.multipliedBy(2));
    assertThat(counts).hasToString("attempt 2 failure 1");
    answer(200, clusters("8", "a"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @8");
  }

  @Test
  void noAnswerIsAFailure() {
    talk.start();
    subscribe(CLUSTER);
    talk.rest.fail("scripted");
    talk.time.run();
    assertThat(talk.takeSeen()).containsExactly("CDS Disconnected");
    assertThat(counts).hasToString("attempt 1 failure 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no json",
        "",
        "[]",
        "{\"resources\": [{\"@type\": \"type.googleapis.com/nothing.Known\"}]}",
        "{\"version_info\": \"2\", \"resources\":"
            + " [{\"@type\": \"type.googleapis.com/envoy.config.cluster.v3.Cluster\"}]}",
      })
  void aBadBodyIsRefusedEachTimeAndWhatWasGoodStays(String body) throws Exception {
    talk.start();
    subscribe(CLUSTER);
    answer(200, clusters("1", "a"));
    for (int polls = 0; polls < 3; polls++) {
      passes(DELAY.multipliedBy(2));
      answer(200, body);
    }
    assertThat(talk.takeSeen())
        .containsExactly("CDS all [a] @1", "CDS Malformed", "CDS Malformed", "CDS Malformed");
    talk.rest.takePosts();
    passes(DELAY.multipliedBy(2));
    assertThat(request().getVersionInfo()).isEqualTo("1");
    assertThat(counts).hasToString("attempt 5 success 1 rejected 3 version 1");
  }

  @Test
  void aWatcherRefusesAndTheOldVersionIsToldAgain() throws Exception {
    talk.start();
    subscribe(CLUSTER, update -> Verdict.reject("no"));
    answer(200, clusters("7", "a"));
    talk.rest.takePosts();
    passes(DELAY.multipliedBy(2));
    assertThat(request().getVersionInfo()).isEmpty();
    assertThat(counts).hasToString("attempt 2 rejected 1");
  }

  @Test
  void pollsGoOnWhileAVerdictIsPending() throws Exception {
    talk.start();
    Verdict.Pending pending = Verdict.pending();
    subscribe(CLUSTER, update -> update.version().equals("1") ? pending : Verdict.accept());
    answer(200, clusters("1", "a"));
    talk.rest.takePosts();
    passes(DELAY.multipliedBy(2));
    assertThat(request().getVersionInfo()).as("it is applied already").isEqualTo("1");
    answer(200, clusters("2", "b"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1", "CDS all [b] @2");
  }

  @Test
  void aLateRefusalTellsTheOldVersionAgain() throws Exception {
    talk.start();
    Verdict.Pending pending = Verdict.pending();
    subscribe(CLUSTER, update -> pending);
    answer(200, clusters("1", "a"));
    pending.settle(Verdict.reject("after all"));
    talk.rest.takePosts();
    passes(DELAY.multipliedBy(2));
    assertThat(request().getVersionInfo()).isEmpty();
  }

  @Test
  void anAnswerWithoutWhatWasAskedForIsHeard() {
    talk.start();
    subscribe(ENDPOINTS, "e1");
    answer(200, "{\"version_info\": \"1\", \"resources\": []}");
    assertThat(talk.takeSeen()).containsExactly("EDS [] removed [e1] @1");
  }

  @Test
  void somethingElseThanWasAskedForIsRefused() {
    talk.start();
    subscribe(ENDPOINTS, "e1");
    answer(
        200,
        "{\"resources\": [{\"@type\": \"" + ENDPOINTS.typeUrl() + "\", \"cluster_name\": \"x\"}]}");
    assertThat(talk.takeSeen()).containsExactly("EDS Malformed");
    assertThat(counts).hasToString("attempt 1 rejected 1");
  }

  @Test
  void newNamesAreAskedForWithTheNextRequest() throws Exception {
    talk.start();
    Subscription subscription = subscribe(ENDPOINTS, "e1");
    answer(200, "{\"version_info\": \"1\"}");
    talk.rest.takePosts();
    subscription.update(Set.of("e1", "e2"));
    talk.time.run();
    assertThat(talk.rest.takePosts()).isEmpty();
    passes(DELAY.multipliedBy(2));
    assertThat(request().getResourceNamesList()).containsExactly("e1", "e2");
  }

  @Test
  void waitingForTheFirstAnswerHasAnEnd() {
    talk.start();
    subscribe(CLUSTER);
    answer(503, "");
    for (int polls = 0; polls < 4; polls++) {
      passes(DELAY.multipliedBy(2));
      talk.rest.fail("scripted");
      talk.time.run();
    }
    assertThat(talk.seen).contains("CDS FetchTimeout");
    assertThat(counts.toString()).contains("timeout 1");
  }

  @Test
  void whatWasSubscribedBeforeTheStartIsAskedForThen() {
    subscribe(CLUSTER);
    assertThat(talk.rest.takePosts()).isEmpty();
    talk.start();
    assertThat(talk.rest.takePosts()).hasSize(1);
  }

  @Test
  void theEndLeavesNothingBehind() {
    talk.start();
    Subscription one = subscribe(CLUSTER);
    Subscription other = subscribe(ENDPOINTS, "e");
    answer(200, clusters("1", "a"));
    one.close();
    other.close();
    other.close();
    assertThat(talk.rest.open()).isZero();
    talk.client.close();
    assertThat(talk.time.pendingTimers()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "CLUSTER, clusters",
    "LISTENER, listeners",
    "ROUTES, routes",
    "SCOPED_ROUTES, scoped-routes",
    "SECRET, secrets",
    "RUNTIME, runtime",
    "EXTENSION_CONFIG, extension_configs",
  })
  void eachTypeHasItsPath(String type, String path) throws Exception {
    talk.start();
    subscribe((ResourceType<?>) ResourceType.class.getField(type).get(null), "name");
    assertThat(talk.rest.takePosts().get(0).path()).isEqualTo("/v3/discovery:" + path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"VIRTUAL_HOST", "LOCALITY_ENDPOINTS"})
  void someTypesCannotBePolled(String type) throws Exception {
    ResourceType<?> unpolled = (ResourceType<?>) ResourceType.class.getField(type).get(null);
    assertThatThrownBy(() -> subscribe(unpolled, "name"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be polled");
  }
}
