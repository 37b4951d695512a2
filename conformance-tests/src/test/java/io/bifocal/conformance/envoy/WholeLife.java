package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.badCluster;
import static io.bifocal.conformance.envoy.Script.badEndpoints;
import static io.bifocal.conformance.envoy.Script.badListener;
import static io.bifocal.conformance.envoy.Script.badRoutes;
import static io.bifocal.conformance.envoy.Script.changed;
import static io.bifocal.conformance.envoy.Script.cluster;
import static io.bifocal.conformance.envoy.Script.eds;
import static io.bifocal.conformance.envoy.Script.endpoints;
import static io.bifocal.conformance.envoy.Script.garbage;
import static io.bifocal.conformance.envoy.Script.good;
import static io.bifocal.conformance.envoy.Script.listenerOf;
import static io.bifocal.conformance.envoy.Script.routes;
import static io.bifocal.conformance.envoy.Script.twoAddresses;

import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.xds.ResourceType;
import java.util.List;

/**
 * What the control plane does, from an empty subject to an empty subject: good and bad pushes of
 * every type, removals, partial acceptance, and a stream that ends on the way.
 */
final class WholeLife {
  private final Script script;

  private WholeLife(Script script) {
    this.script = script;
  }

  static void write(Script script) {
    WholeLife life = new WholeLife(script);
    script.becomesLive();
    life.clustersChange();
    life.endpointsChange();
    life.routesChange();
    life.listenersChange();
    life.wholeResponses();
    life.reconnect();
    life.empties();
  }

  private void clustersChange() {
    script.push(
        "a new EDS cluster, a bad cluster and known ones",
        ResourceType.CLUSTER,
        "2",
        Answer.HELD_BACK,
        List.of("bad", "not.an.ip"),
        good("a"),
        eds("e1"),
        eds("e2"),
        cluster(badCluster("bad")));
    script.push(
        "the endpoints it waited for",
        ResourceType.ENDPOINTS,
        "2",
        Answer.ANSWERED,
        List.of("bad", "not.an.ip"),
        endpoints("e1"),
        endpoints("e2"));
    script.push(
        "without the bad one, and without the new one",
        ResourceType.CLUSTER,
        "3",
        good("a"),
        eds("e1"));
    script.refused(
        "the same cluster twice",
        ResourceType.CLUSTER,
        "4",
        List.of("a"),
        changed("a", 1),
        changed("a", 2),
        eds("e1"));
    script.push("clusters as they were", ResourceType.CLUSTER, "5", good("a"), eds("e1"));
  }

  private void endpointsChange() {
    script.refused(
        "an endpoint that is a name",
        ResourceType.ENDPOINTS,
        "3",
        List.of("not.an.ip"),
        badEndpoints("e1"));
    script.push(
        "endpoints nobody asked for",
        ResourceType.ENDPOINTS,
        "4",
        endpoints("e1"),
        endpoints("nobody"));
    script.push(
        "endpoints with an additional address", ResourceType.ENDPOINTS, "5", twoAddresses("e1"));
    script.push("no endpoints at all", ResourceType.ENDPOINTS, "6");
  }

  private void routesChange() {
    script.refused("a domain twice", ResourceType.ROUTES, "2", List.of("r1"), badRoutes("r1"));
    script.push(
        "routes nobody asked for",
        ResourceType.ROUTES,
        "3",
        routes("nobody", "a"),
        routes("r1", "e1"));
    script.push("a route to no cluster", ResourceType.ROUTES, "4", routes("r1", "nosuch"));
  }

  private void listenersChange() {
    script.push(
        "a bad listener beside a new one",
        ResourceType.LISTENER,
        "2",
        Answer.ANSWERED,
        List.of("bad"),
        listenerOf("l1", "r1"),
        listenerOf("l2", "r2"),
        badListener("bad"));
    script.push("routes of both", ResourceType.ROUTES, "5", routes("r1", "a"), routes("r2", "a"));
    script.push(
        "the second listener goes",
        ResourceType.LISTENER,
        "3",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        listenerOf("l1", "r1"));
  }

  private void wholeResponses() {
    script.refused(
        "one that can't be decoded spoils all",
        ResourceType.CLUSTER,
        "6",
        List.of(),
        good("a"),
        eds("e1"),
        good("new"),
        garbage("garbage", ResourceType.CLUSTER));
    script.refused(
        "one that breaks a constraint spoils all",
        ResourceType.CLUSTER,
        "7",
        List.of("Name"),
        good("a"),
        eds("e1"),
        good("new"),
        good(""));
    script.refused(
        "one of another type spoils all",
        ResourceType.CLUSTER,
        "8",
        List.of("envoy.config.listener.v3.Listener"),
        good("a"),
        eds("e1"),
        good("new"),
        listenerOf("stray", "r1"));
    script.push(
        "a type that nobody subscribed to", ResourceType.SECRET, "1", Answer.SILENCE, List.of());
    script.push("and one more cluster", ResourceType.CLUSTER, "9", good("a"), eds("e1"), good("b"));
  }

  private void reconnect() {
    script.closeStreams("the stream ends", 0, 4);
    script.push(
        "a change after the reconnect",
        ResourceType.CLUSTER,
        "10",
        good("a"),
        eds("e1"),
        good("c"));
  }

  private void empties() {
    script.push(
        "no listeners",
        ResourceType.LISTENER,
        "4",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of());
    script.push("no clusters", ResourceType.CLUSTER, "11");
  }
}
