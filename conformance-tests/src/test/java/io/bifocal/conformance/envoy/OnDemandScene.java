package io.bifocal.conformance.envoy;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Quiet;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One subject with one listener, its control plane, and its clients. What the control plane heard
 * and what clients got is written down by step.
 */
final class OnDemandScene {
  private static final Duration QUIET = Duration.ofMillis(300);

  private final ScriptedControlPlane server;
  private final Proxy proxy;
  private final Map<String, List<String>> steps = new LinkedHashMap<>();
  private List<String> answers = new ArrayList<>();
  private int read;

  private OnDemandScene(ScriptedControlPlane server, Proxy proxy) {
    this.server = server;
    this.proxy = proxy;
  }

  /** The subject has no cluster and one listener. */
  static OnDemandScene begin(
      Stage stage, Subject subject, Dialect dialect, HttpConnectionManager manager) {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), dialect));
    OnDemandScene scene = new OnDemandScene(server, proxy);
    server.awaitSubscription(ResourceType.CLUSTER);
    scene.push(ResourceType.CLUSTER, "1");
    server.awaitSubscription(ResourceType.LISTENER);
    Listener listener =
        Listener.newBuilder()
            .setName("l")
            .setAddress(
                Address.newBuilder()
                    .setSocketAddress(
                        SocketAddress.newBuilder().setAddress("127.0.0.1").setPortValue(0)))
            .addFilterChains(
                FilterChain.newBuilder()
                    .addFilters(
                        Filter.newBuilder().setName("hcm").setTypedConfig(Any.pack(manager))))
            .build();
    scene.push(ResourceType.LISTENER, "1", listener);
    scene.note("the listener");
    return scene;
  }

  /** Says what there is of a type, and waits for the answer. */
  void push(ResourceType<?> type, String version, Message... resources) {
    awaitAnswer(server.push(type, version, named(type, resources)));
  }

  /** Says these changes, and waits for the answer. */
  void say(ResourceType<?> type, String version, List<Resource> resources, String... removed) {
    String nonce = server.nextNonce();
    server.send(
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setSystemVersionInfo(version)
            .setNonce(nonce)
            .addAllResources(resources)
            .addAllRemovedResources(List.of(removed))
            .build());
    awaitAnswer(nonce);
  }

  /** Says what there is of a type, and waits for nothing. */
  void pushUnanswered(ResourceType<?> type, String version, Message... resources) {
    String unused = server.push(type, version, named(type, resources));
  }

  private static List<Named> named(ResourceType<?> type, Message... resources) {
    @SuppressWarnings("unchecked")
    ResourceType<Message> any = (ResourceType<Message>) type;
    return Arrays.stream(resources).map(r -> Named.of(any, r)).toList();
  }

  void awaitStat(String name, long atLeast) {
    proxy.awaitStat(name, atLeast);
  }

  /** Waits until listeners that were removed are gone. */
  void awaitDrained() {
    await()
        .pollDelay(Duration.ofSeconds(1))
        .until(() -> proxy.stat("listener_manager.total_listeners_draining") == 0);
  }

  private void awaitAnswer(String nonce) {
    HeardRequest unused =
        server.awaitRequest("with nonce " + nonce, request -> request.nonce().equals(nonce));
  }

  /** Waits until the control plane is asked for a name. */
  void awaitName(String name) {
    HeardRequest unused =
        server.awaitRequest(
            "for " + name,
            request ->
                request instanceof HeardRequest.Delta delta
                    ? delta.message().getResourceNamesSubscribeList().contains(name)
                    : ((HeardRequest.StateOfTheWorld) request)
                        .message()
                        .getResourceNamesList()
                        .contains(name));
  }

  /** A request whose answer is not waited for yet. */
  CompletableFuture<String> ask(String host) {
    InetSocketAddress listener = proxy.listener("l");
    return CompletableFuture.supplyAsync(
        () -> {
          Http.Response response = Http.get(listener, host, "/");
          return host + " -> " + response.status() + " " + response.body();
        });
  }

  /** A request and its answer. */
  void get(String host) {
    noteAnswer(ask(host));
  }

  void noteAnswer(CompletableFuture<String> answer) {
    answers.add(answer.join());
  }

  /** Writes down what was heard since the last time. */
  void note(String title) {
    Quiet.await(server, proxy, QUIET);
    List<HeardRequest> all = server.requests();
    List<String> lines = new ArrayList<>();
    all.subList(read, all.size())
        .forEach(heard -> lines.add(Said.of(heard, "stream " + heard.stream()).line(List.of())));
    read = all.size();
    lines.addAll(answers);
    answers = new ArrayList<>();
    lines.add("/ready " + proxy.admin("/ready").body().strip());
    steps.put(title, lines);
  }

  /** Writes down statistics and what the dump has of the scopes. */
  void noteStats(String title, String... names) {
    List<String> lines = new ArrayList<>();
    for (String name : names) {
      lines.add(name + ": " + proxy.stats().getOrDefault(name, "absent"));
    }
    steps.put(title, lines);
  }

  Recording recording() {
    return new Recording(steps);
  }
}
