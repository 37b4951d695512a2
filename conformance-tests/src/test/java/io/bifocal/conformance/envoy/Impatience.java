package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.envoy.Script.badEndpoints;
import static io.bifocal.conformance.envoy.Script.badRoutes;
import static io.bifocal.conformance.envoy.Script.cluster;
import static io.bifocal.conformance.envoy.Script.endpoints;
import static io.bifocal.conformance.envoy.Script.good;
import static io.bifocal.conformance.envoy.Script.named;
import static io.bifocal.conformance.envoy.Script.routes;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;

import io.bifocal.conformance.Resources;
import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import java.util.List;

/**
 * A control plane that is slow to answer, or does not, to subjects that wait for two seconds; names
 * that two want; and streams that end as soon as they open.
 */
final class Impatience {
  private static final Duration TOO_LONG = Duration.ofMillis(2_800);

  /** As Envoy sources are written in resources, with two seconds' patience. */
  private static final ConfigSource IMPATIENT =
      Resources.ads().toBuilder().setInitialFetchTimeout(Resources.seconds(2)).build();

  private final Script script;

  private Impatience(Script script) {
    this.script = script;
  }

  static void write(Script script) {
    Impatience impatience = new Impatience(script);
    impatience.silences();
    impatience.refusals();
    impatience.sharedNames();
    impatience.hangUps();
    impatience.changedCluster();
    impatience.lastUsers();
  }

  private void silences() {
    script.silence("silence about clusters, then about listeners", Duration.ofSeconds(5));
    script.say("clusters, late", clusters("1"));
    script.silence("silence about endpoints", TOO_LONG);
    script.say("endpoints, late", Response.of(ENDPOINTS, "1", endpoints("e1")));
    script.say("listeners, late", Response.of(LISTENER, "1", impatientListener("l1", "r1")));
    script.silence("silence about routes", TOO_LONG);
    script.say("routes, late", Response.of(ROUTES, "1", routes("r1", "a")));
  }

  private void refusals() {
    script.say(
        "a new cluster and a new listener",
        Answer.HELD_BACK,
        List.of(),
        clusters("2", impatientEds("e2", 5, "")),
        Response.of(LISTENER, "2", impatientListener("l1", "r1"), impatientListener("l2", "r2")));
    script.say(
        "whose endpoints and routes are bad",
        Answer.ANSWERED,
        List.of("not.an.ip", "r2"),
        Response.of(ENDPOINTS, "2", badEndpoints("e2")),
        Response.of(ROUTES, "2", badRoutes("r2")));
    script.silence("nothing more for a while", TOO_LONG);
    script.say(
        "then good",
        Response.of(ENDPOINTS, "3", endpoints("e2")),
        Response.of(ROUTES, "3", routes("r2", "a")));
    script.say(
        "both go",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        clusters("3").removing("e2"),
        Response.of(LISTENER, "3", impatientListener("l1", "r1")).removing("l2"));
  }

  private void sharedNames() {
    script.say(
        "a second listener with known routes",
        Response.of(LISTENER, "4", impatientListener("l1", "r1"), impatientListener("l2", "r1")));
    script.say(
        "one of two goes",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        Response.of(LISTENER, "5", impatientListener("l2", "r1")).removing("l1"));
  }

  private void lastUsers() {
    script.say(
        "the last one goes",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        Response.of(LISTENER, "6").removing("l2"));
  }

  /** In delta Bifocal subscribes again, which Envoy does not: not played there. */
  private void changedCluster() {
    if (!script.delta()) {
      script.say(
          "a changed cluster whose endpoints are not sent again",
          Answer.HELD_BACK,
          List.of(),
          Response.of(CLUSTER, "4", good("a"), impatientEds("e1", 6, "")));
      script.silence("until patience ends", TOO_LONG);
      script.say(
          "a second cluster with known endpoints",
          Answer.HELD_BACK,
          List.of(),
          Response.of(
              CLUSTER, "5", good("a"), impatientEds("e1", 6, ""), impatientEds("e9", 5, "e1")));
      script.silence("until patience ends again", TOO_LONG);
      script.say("endpoints for both", Response.of(ENDPOINTS, "5", endpoints("e1")));
      script.say(
          "one of the two goes", Response.of(CLUSTER, "6", good("a"), impatientEds("e1", 6, "")));
    }
  }

  private void hangUps() {
    script.closeStreams("streams that end as soon as they open", 3, 4);
  }

  private static Response clusters(String version, Named... others) {
    return Response.of(CLUSTER, version, good("a"), impatientEds("e1", 5, "")).and(others);
  }

  private static Named impatientEds(String name, long connectTimeout, String serviceName) {
    Cluster.Builder cluster =
        edsCluster(name, IMPATIENT).toBuilder()
            .setConnectTimeout(Resources.seconds(connectTimeout));
    cluster.getEdsClusterConfigBuilder().setServiceName(serviceName);
    return cluster(cluster.build());
  }

  private static Named impatientListener(String name, String route) {
    return named(name, listener(name, route, IMPATIENT));
  }
}
