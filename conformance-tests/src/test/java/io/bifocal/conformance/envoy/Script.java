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
import io.bifocal.conformance.scripted.Named;
import io.bifocal.conformance.scripted.Type;
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
    push("first clusters", Type.CDS, "1", cluster(good("a")), cluster(edsCluster("e1")));
    push("first endpoints", Type.EDS, "1", endpoints("e1"));
    push("first listener", Type.LDS, "1", listenerOf("l1", "r1"));
    push("first routes", Type.RDS, "1", routes("r1", "a"));
  }

  private void clusters() {
    push(
        "a new EDS cluster, a bad cluster and known ones",
        Type.CDS,
        "2",
        Answer.HELD_BACK,
        List.of("bad", "not.an.ip"),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(edsCluster("e2")),
        cluster(badCluster("bad")));
    push(
        "the endpoints it waited for",
        Type.EDS,
        "2",
        Answer.ANSWERED,
        List.of("bad", "not.an.ip"),
        endpoints("e1"),
        endpoints("e2"));
    push(
        "without the bad one, and without the new one",
        Type.CDS,
        "3",
        cluster(good("a")),
        cluster(edsCluster("e1")));
    refused(
        "the same cluster twice",
        Type.CDS,
        "4",
        List.of("a"),
        cluster(good("a").toBuilder().setConnectTimeout(seconds(1)).build()),
        cluster(good("a").toBuilder().setConnectTimeout(seconds(2)).build()),
        cluster(edsCluster("e1")));
    push("clusters as they were", Type.CDS, "5", cluster(good("a")), cluster(edsCluster("e1")));
  }

  private void endpoints() {
    refused("an endpoint that is a name", Type.EDS, "3", List.of("not.an.ip"), badEndpoints("e1"));
    push("endpoints nobody asked for", Type.EDS, "4", endpoints("e1"), endpoints("nobody"));
    push("endpoints with an additional address", Type.EDS, "5", twoAddresses("e1"));
    push("no endpoints at all", Type.EDS, "6");
  }

  private void routes() {
    refused("a domain twice", Type.RDS, "2", List.of("r1"), badRoutes("r1"));
    push("routes nobody asked for", Type.RDS, "3", routes("nobody", "a"), routes("r1", "e1"));
    push("a route to no cluster", Type.RDS, "4", routes("r1", "nosuch"));
  }

  private void listeners() {
    push(
        "a bad listener beside a new one",
        Type.LDS,
        "2",
        Answer.ANSWERED,
        List.of("bad"),
        listenerOf("l1", "r1"),
        listenerOf("l2", "r2"),
        badListener("bad"));
    push("routes of both", Type.RDS, "5", routes("r1", "a"), routes("r2", "a"));
    push(
        "the second listener goes",
        Type.LDS,
        "3",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        listenerOf("l1", "r1"));
  }

  private void wholeResponses() {
    refused(
        "one that can't be decoded spoils all",
        Type.CDS,
        "6",
        List.of(),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("new")),
        new Named(
            "garbage",
            Any.newBuilder()
                .setTypeUrl(Type.CDS.url())
                .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2}))
                .build()));
    refused(
        "one that breaks a constraint spoils all",
        Type.CDS,
        "7",
        List.of("Name"),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("new")),
        cluster(good("")));
    refused(
        "one of another type spoils all",
        Type.CDS,
        "8",
        List.of("envoy.config.listener.v3.Listener"),
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("new")),
        listenerOf("stray", "r1"));
    push("a type that nobody subscribed to", Type.SDS, "1", Answer.SILENCE, List.of());
    push(
        "and one more cluster",
        Type.CDS,
        "9",
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("b")));
  }

  private void reconnect() {
    steps.add(new CloseStream("the stream ends", 4));
    push(
        "a change after the reconnect",
        Type.CDS,
        "10",
        cluster(good("a")),
        cluster(edsCluster("e1")),
        cluster(good("c")));
  }

  private void empties() {
    push("no listeners", Type.LDS, "4", Answer.ANSWERED_AND_MORE_AFTER_DRAINING, List.of());
    push("no clusters", Type.CDS, "11");
  }

  private void push(String title, Type type, String version, Named... resources) {
    push(title, type, version, Answer.ANSWERED, List.of(), resources);
  }

  private void refused(
      String title, Type type, String version, List<String> mustName, Named... resources) {
    push(title, type, version, Answer.ANSWERED, mustName, resources);
  }

  private void push(
      String title,
      Type type,
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
