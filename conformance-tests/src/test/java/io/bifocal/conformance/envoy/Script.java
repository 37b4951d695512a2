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
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.conformance.envoy.Step.CloseStream;
import io.bifocal.conformance.envoy.Step.Push;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the control plane does, from an empty subject to an empty subject: good and bad pushes of
 * every type, removals, partial acceptance, and a stream that ends on the way.
 */
final class Script {
  private static final InetSocketAddress UPSTREAM = Loopback.v4(9);

  private final List<Step> steps = new ArrayList<>();

  private Script() {}

  static List<Step> steps() {
    Script script = new Script();
    script.becomesLive();
    script.clusters();
    script.endpoints();
    script.routes();
    script.listeners();
    script.wholeResponses();
    script.reconnect();
    script.empties();
    return script.steps;
  }

  private void becomesLive() {
    push(
        "first clusters", ResourceType.CLUSTER, "1", cluster(good("a")), cluster(edsCluster("e1")));
    push("first endpoints", ResourceType.ENDPOINTS, "1", endpoints("e1"));
    push("first listener", ResourceType.LISTENER, "1", listenerOf("l1", "r1"));
    push("first routes", ResourceType.ROUTES, "1", routes("r1", "a"));
  }

  private void clusters() {
    push(
        "a new EDS cluster, a bad cluster and known ones",
        ResourceType.CLUSTER,
        "2",
        Answer.HELD_BACK,
        List.of("bad", "not.an.ip"),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(edsCluster("e2")),
        cluster(badCluster("bad")));
    push(
        "the endpoints it waited for",
        ResourceType.ENDPOINTS,
        "2",
        Answer.ANSWERED,
        List.of("bad", "not.an.ip"),
        endpoints("e1"),
        endpoints("e2"));
    push(
        "without the bad one, and without the new one",
        ResourceType.CLUSTER,
        "3",
        cluster(good("a")),
        cluster(edsCluster("e1")));
    refused(
        "the same cluster twice",
        ResourceType.CLUSTER,
        "4",
        List.of("a"),
        cluster(good("a").toBuilder().setConnectTimeout(seconds(1)).build()),
        cluster(good("a").toBuilder().setConnectTimeout(seconds(2)).build()),
        cluster(edsCluster("e1")));
    push(
        "clusters as they were",
        ResourceType.CLUSTER,
        "5",
        cluster(good("a")),
        cluster(edsCluster("e1")));
  }

  private void endpoints() {
    refused(
        "an endpoint that is a name",
        ResourceType.ENDPOINTS,
        "3",
        List.of("not.an.ip"),
        badEndpoints("e1"));
    push(
        "endpoints nobody asked for",
        ResourceType.ENDPOINTS,
        "4",
        endpoints("e1"),
        endpoints("nobody"));
    push("endpoints with an additional address", ResourceType.ENDPOINTS, "5", twoAddresses("e1"));
    push("no endpoints at all", ResourceType.ENDPOINTS, "6");
  }

  private void routes() {
    refused("a domain twice", ResourceType.ROUTES, "2", List.of("r1"), badRoutes("r1"));
    push(
        "routes nobody asked for",
        ResourceType.ROUTES,
        "3",
        routes("nobody", "a"),
        routes("r1", "e1"));
    push("a route to no cluster", ResourceType.ROUTES, "4", routes("r1", "nosuch"));
  }

  private void listeners() {
    push(
        "a bad listener beside a new one",
        ResourceType.LISTENER,
        "2",
        Answer.ANSWERED,
        List.of("bad"),
        listenerOf("l1", "r1"),
        listenerOf("l2", "r2"),
        badListener("bad"));
    push("routes of both", ResourceType.ROUTES, "5", routes("r1", "a"), routes("r2", "a"));
    push(
        "the second listener goes",
        ResourceType.LISTENER,
        "3",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        listenerOf("l1", "r1"));
  }

  private void wholeResponses() {
    refused(
        "one that can't be decoded spoils all",
        ResourceType.CLUSTER,
        "6",
        List.of(),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("new")),
        new Named(
            "garbage",
            Any.newBuilder()
                .setTypeUrl(ResourceType.CLUSTER.typeUrl())
                .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2}))
                .build()));
    refused(
        "one that breaks a constraint spoils all",
        ResourceType.CLUSTER,
        "7",
        List.of("Name"),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("new")),
        cluster(good("")));
    refused(
        "one of another type spoils all",
        ResourceType.CLUSTER,
        "8",
        List.of("envoy.config.listener.v3.Listener"),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("new")),
        listenerOf("stray", "r1"));
    push("a type that nobody subscribed to", ResourceType.SECRET, "1", Answer.SILENCE, List.of());
    push(
        "and one more cluster",
        ResourceType.CLUSTER,
        "9",
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("b")));
  }

  private void reconnect() {
    steps.add(new CloseStream("the stream ends", 4));
    push(
        "a change after the reconnect",
        ResourceType.CLUSTER,
        "10",
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("c")));
  }

  private void empties() {
    push(
        "no listeners",
        ResourceType.LISTENER,
        "4",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of());
    push("no clusters", ResourceType.CLUSTER, "11");
  }

  private void push(String title, ResourceType<?> type, String version, Named... resources) {
    push(title, type, version, Answer.ANSWERED, List.of(), resources);
  }

  private void refused(
      String title,
      ResourceType<?> type,
      String version,
      List<String> mustName,
      Named... resources) {
    push(title, type, version, Answer.ANSWERED, mustName, resources);
  }

  private void push(
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

  private static Cluster good(String name) {
    return staticCluster(name, UPSTREAM);
  }

  private static Named cluster(Cluster cluster) {
    return new Named(cluster.getName(), Any.pack(cluster));
  }

  private static Named endpoints(String cluster) {
    return new Named(cluster, Any.pack(assignment(cluster, UPSTREAM)));
  }

  private static Named twoAddresses(String cluster) {
    return new Named(cluster, Any.pack(assignment(cluster, UPSTREAM, Loopback.v4(10))));
  }

  private static Named badEndpoints(String cluster) {
    ClusterLoadAssignment assignment = badCluster(cluster).getLoadAssignment();
    return new Named(cluster, Any.pack(assignment));
  }

  private static Named listenerOf(String name, String route) {
    return new Named(name, Any.pack(listener(name, route)));
  }

  private static Named badListener(String name) {
    Listener.Builder bad = listener(name, "r1").toBuilder();
    bad.getFilterChainsBuilder(0)
        .setFilters(
            0,
            Filter.newBuilder()
                .setName("nope")
                .setTypedConfig(Any.pack(Cluster.getDefaultInstance())));
    return new Named(name, Any.pack(bad.build()));
  }

  private static Named routes(String name, String cluster) {
    return new Named(name, Any.pack(route(name, cluster)));
  }

  private static Named badRoutes(String name) {
    RouteConfiguration.Builder bad = route(name, "a").toBuilder();
    bad.addVirtualHosts(bad.getVirtualHosts(0).toBuilder().setName("other"));
    return new Named(name, Any.pack(bad.build()));
  }
}
