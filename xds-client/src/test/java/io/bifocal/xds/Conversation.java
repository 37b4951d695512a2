package io.bifocal.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import io.bifocal.xds.file.ScriptedFiles;
import io.bifocal.xds.internal.stream.ScriptedTransport;
import io.bifocal.xds.rest.ScriptedRest;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A client in virtual time and the server that the test plays; requests are read as short lines.
 */
final class Conversation {
  static final ConfigSource ADS = ads(15);

  final VirtualTime time = new VirtualTime();
  final ScriptedTransport server = new ScriptedTransport(time);
  final ScriptedRest rest = new ScriptedRest(time);
  final ScriptedFiles files = new ScriptedFiles(time);
  final List<String> seen = new ArrayList<>();
  double chance = 0.5;
  final XdsClient client;
  final Subscriptions subscriptions;

  private Conversation(ApiType api, Consumer<ApiConfigSource.Builder> settings, boolean strict) {
    this(api, settings, strict, TransportObserver.NONE);
  }

  private Conversation(
      ApiType api,
      Consumer<ApiConfigSource.Builder> settings,
      boolean strict,
      TransportObserver observer) {
    ApiConfigSource.Builder source =
        ApiConfigSource.newBuilder()
            .setApiType(api)
            .setSetNodeOnFirstMessageOnly(true)
            .addGrpcServices(
                GrpcService.newBuilder()
                    .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("xds")));
    settings.accept(source);
    client =
        XdsClient.builder()
            .node(Node.newBuilder().setId("n").setCluster("c").build())
            .ads(source.build())
            .loop(time)
            .decodeExecutor(time)
            .chance(() -> chance)
            .rejectUnknownFields(strict)
            .transportObserver(observer)
            .transport(server)
            .restTransport(rest)
            .fileWatcher(files)
            .build();
    subscriptions = client.subscriptions();
  }

  static Conversation stateOfTheWorld() {
    return new Conversation(ApiType.GRPC, s -> {}, false);
  }

  static Conversation stateOfTheWorld(Consumer<ApiConfigSource.Builder> settings) {
    return new Conversation(ApiType.GRPC, settings, false);
  }

  static Conversation stateOfTheWorld(
      Consumer<ApiConfigSource.Builder> settings, TransportObserver observer) {
    return new Conversation(ApiType.GRPC, settings, false, observer);
  }

  static Conversation stateOfTheWorld(TransportObserver observer, boolean strict) {
    return new Conversation(ApiType.GRPC, s -> {}, strict, observer);
  }

  static Conversation delta() {
    return new Conversation(ApiType.DELTA_GRPC, s -> {}, false);
  }

  static Conversation in(ApiType api) {
    return new Conversation(api, s -> {}, false);
  }

  static ConfigSource ads(long timeoutSeconds) {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setInitialFetchTimeout(Duration.newBuilder().setSeconds(timeoutSeconds))
        .build();
  }

  Conversation start() {
    client.start();
    time.run();
    return this;
  }

  /** Subscribes; each update is noted, and answered as {@code watcher} says. */
  <T extends Message> Subscription subscribe(
      ResourceType<T> type, Set<String> names, Function<Update<T>, Verdict> watcher) {
    return subscribe(ADS, type, names, watcher, SubscriptionObserver.NONE);
  }

  <T extends Message> Subscription subscribe(
      ConfigSource source,
      ResourceType<T> type,
      Set<String> names,
      Function<Update<T>, Verdict> watcher,
      SubscriptionObserver observer) {
    Subscription subscription =
        subscriptions.subscribe(
            source,
            type,
            names,
            new ResourceWatcher<T>() {
              @Override
              public Verdict onUpdate(Update<T> update) {
                seen.add(type + " " + describe(update));
                return watcher.apply(update);
              }

              @Override
              public void onError(XdsError error) {
                seen.add(type + " " + error.getClass().getSimpleName());
              }
            },
            observer);
    time.run();
    return subscription;
  }

  <T extends Message> Subscription accept(ResourceType<T> type, String... names) {
    return subscribe(type, Set.of(names), update -> Verdict.accept());
  }

  private static String describe(Update<?> update) {
    return (update.whole() ? "all " : "")
        + update.resources().stream().map(io.bifocal.xds.Resource::name).toList()
        + (update.removed().isEmpty() ? "" : " removed " + update.removed())
        + " @"
        + update.version();
  }

  List<String> takeSeen() {
    List<String> taken = List.copyOf(seen);
    seen.clear();
    return taken;
  }

  /** A state-of-the-world response. */
  void respond(ResourceType<?> type, String version, String nonce, Message... resources) {
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setVersionInfo(version)
            .setNonce(nonce);
    for (Message resource : resources) {
      response.addResources(resource instanceof Any any ? any : Any.pack(resource));
    }
    say(response.build());
  }

  /** An incremental response. */
  void respondDelta(
      ResourceType<?> type, String nonce, List<Resource> resources, String... removed) {
    say(
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setNonce(nonce)
            .setSystemVersionInfo("s" + nonce)
            .addAllResources(resources)
            .addAllRemovedResources(List.of(removed))
            .build());
  }

  void say(Message response) {
    server.respond(response);
    time.run();
  }

  static Resource resource(String version, Message value) {
    return Resource.newBuilder()
        .setName(nameOf(value))
        .setVersion(version)
        .setResource(Any.pack(value))
        .build();
  }

  private static String nameOf(Message value) {
    if (value instanceof Cluster cluster) {
      return cluster.getName();
    }
    if (value instanceof ClusterLoadAssignment assignment) {
      return assignment.getClusterName();
    }
    return value instanceof Listener listener
        ? listener.getName()
        : ((RouteConfiguration) value).getName();
  }

  static Cluster cluster(String name) {
    return Cluster.newBuilder().setName(name).build();
  }

  static ClusterLoadAssignment endpoints(String name) {
    return ClusterLoadAssignment.newBuilder().setClusterName(name).build();
  }

  static Listener listener(String name) {
    return Listener.newBuilder().setName(name).build();
  }

  static RouteConfiguration routes(String name) {
    return RouteConfiguration.newBuilder().setName(name).build();
  }

  /** What the server heard since the last time, a line each. */
  List<String> heard() {
    time.run();
    return server.takeSent().stream().map(Conversation::line).toList();
  }

  private static String line(Message message) {
    StringBuilder line = new StringBuilder();
    if (message instanceof DiscoveryRequest request) {
      line.append(shortName(request.getTypeUrl()));
      line.append(' ').append(request.getResourceNamesList());
      add(line, " v", request.getVersionInfo());
      add(line, " ", request.getResponseNonce());
      add(line, " node ", request.getNode().getId());
      add(line, " error: ", request.getErrorDetail().getMessage());
    } else if (message instanceof DeltaDiscoveryRequest request) {
      line.append(shortName(request.getTypeUrl()));
      addList(line, " +", request.getResourceNamesSubscribeList());
      addList(line, " -", request.getResourceNamesUnsubscribeList());
      Map<String, String> versions = new TreeMap<>(request.getInitialResourceVersionsMap());
      add(line, " holds ", versions.isEmpty() ? "" : versions.toString());
      add(line, " ", request.getResponseNonce());
      add(line, " node ", request.getNode().getId());
      add(line, " error: ", request.getErrorDetail().getMessage());
    }
    return line.toString();
  }

  private static void addList(StringBuilder line, String sign, List<String> names) {
    if (!names.isEmpty()) {
      line.append(sign).append(names);
    }
  }

  private static void add(StringBuilder line, String before, String text) {
    if (!text.isEmpty()) {
      line.append(before).append(text);
    }
  }

  private static String shortName(String typeUrl) {
    for (ResourceType<?> type :
        List.of(
            ResourceType.CLUSTER,
            ResourceType.ENDPOINTS,
            ResourceType.LISTENER,
            ResourceType.ROUTES)) {
      if (type.typeUrl().equals(typeUrl)) {
        return type.shortName();
      }
    }
    return typeUrl;
  }
}
