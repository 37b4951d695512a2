package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.badCluster;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static io.bifocal.conformance.Resources.seconds;
import static io.bifocal.conformance.Resources.staticCluster;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.conformance.envoy.Step.CloseStreams;
import io.bifocal.conformance.envoy.Step.Push;
import io.bifocal.conformance.envoy.Step.Say;
import io.bifocal.conformance.envoy.Step.Silence;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the control plane does in one dialect, written down step by step. */
final class Script {
  private static final InetSocketAddress UPSTREAM = Loopback.v4(9);

  final Dialect dialect;
  private final List<Step> steps = new ArrayList<>();

  Script(Dialect dialect) {
    this.dialect = dialect;
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  boolean delta() {
    return dialect == Dialect.DELTA;
  }

  // --- steps

  /** Clusters a and e1, whose endpoints come by EDS, and a listener l1 with the routes r1. */
  void becomesLive() {
    push("first clusters", ResourceType.CLUSTER, "1", good("a"), eds("e1"));
    push("first endpoints", ResourceType.ENDPOINTS, "1", endpoints("e1"));
    push("first listener", ResourceType.LISTENER, "1", listenerOf("l1", "r1"));
    push("first routes", ResourceType.ROUTES, "1", routes("r1", "a"));
  }

  void push(String title, ResourceType<?> type, String version, Named... resources) {
    push(title, type, version, Answer.ANSWERED, List.of(), resources);
  }

  void refused(
      String title, ResourceType<?> type, String version, List<String> mustName, Named... all) {
    push(title, type, version, Answer.ANSWERED, mustName, all);
  }

  void push(
      String title,
      ResourceType<?> type,
      String version,
      Answer answer,
      List<String> mustName,
      Named... resources) {
    steps.add(
        new Push(
            "%s %s: %s".formatted(type, version, title),
            type,
            version,
            Arrays.asList(resources),
            answer,
            mustName));
  }

  /** Said at once, and each is answered. */
  void say(String title, Response... responses) {
    say(title, Answer.ANSWERED, List.of(), responses);
  }

  void say(String title, Answer answer, List<String> mustName, Response... responses) {
    steps.add(new Say(title, List.of(responses), answer, mustName));
  }

  void silence(String title, Duration duration) {
    steps.add(new Silence(title, duration));
  }

  void closeStreams(String title, int hangUps, int requestsExpected) {
    steps.add(new CloseStreams(title, hangUps, requestsExpected));
  }

  // --- resources

  static Named good(String name) {
    return cluster(staticCluster(name, UPSTREAM));
  }

  static Named eds(String name) {
    return cluster(edsCluster(name));
  }

  /** The same cluster as {@link #good} with another connect timeout. */
  static Named changed(String name, long seconds) {
    return cluster(
        staticCluster(name, UPSTREAM).toBuilder().setConnectTimeout(seconds(seconds)).build());
  }

  static Named cluster(Cluster cluster) {
    return new Named(cluster.getName(), Any.pack(cluster));
  }

  static Named endpoints(String cluster) {
    return new Named(cluster, Any.pack(assignment(cluster, UPSTREAM)));
  }

  static Named twoAddresses(String cluster) {
    return new Named(cluster, Any.pack(assignment(cluster, UPSTREAM, Loopback.v4(10))));
  }

  static Named badEndpoints(String cluster) {
    ClusterLoadAssignment assignment = badCluster(cluster).getLoadAssignment();
    return new Named(cluster, Any.pack(assignment));
  }

  static Named listenerOf(String name, String route) {
    return new Named(name, Any.pack(listener(name, route)));
  }

  static Named badListener(String name) {
    Listener.Builder bad = listener(name, "r1").toBuilder();
    bad.getFilterChainsBuilder(0)
        .setFilters(
            0,
            Filter.newBuilder()
                .setName("nope")
                .setTypedConfig(Any.pack(Cluster.getDefaultInstance())));
    return new Named(name, Any.pack(bad.build()));
  }

  static Named routes(String name, String cluster) {
    return new Named(name, Any.pack(route(name, cluster)));
  }

  static Named badRoutes(String name) {
    RouteConfiguration.Builder bad = route(name, "a").toBuilder();
    bad.addVirtualHosts(bad.getVirtualHosts(0).toBuilder().setName("other"));
    return new Named(name, Any.pack(bad.build()));
  }

  /** Bytes that are no message of the type. */
  static Named garbage(String name, ResourceType<?> type) {
    return new Named(
        name,
        Any.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2}))
            .build());
  }

  /** The same resource under another name, which only delta can give it. */
  static Named called(String name, Named resource) {
    return new Named(name, resource.message());
  }

  static Named named(String name, Message message) {
    return new Named(name, Any.pack(message));
  }
}
