package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.envoy.Script.eds;
import static io.bifocal.conformance.envoy.Script.endpoints;
import static io.bifocal.conformance.envoy.Script.good;
import static io.bifocal.conformance.envoy.Script.listenerOf;
import static io.bifocal.conformance.envoy.Script.routes;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;

import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.xds.testing.Named;
import java.time.Duration;
import java.util.List;

/**
 * Resources that live for a time, are kept alive, and die. Not of EDS and RDS in the
 * state-of-the-world dialect: Envoy 1.40 crashes. Nor are heartbeats of CDS played there: it takes
 * the response for the whole state, and removes all clusters.
 */
final class TimesToLive {
  private static final int LONG = 60_000;
  private static final int SHORT = 1_000;
  private static final Duration OVER = Duration.ofMillis(1_500);

  private TimesToLive() {}

  static void write(Script script) {
    script.becomesLive();
    script.say("a cluster that lives for long", clusters("2").mortal(good("m"), LONG));
    if (script.delta()) {
      script.say("a heartbeat", Response.of(CLUSTER, "2").heartbeat("m", "2", LONG));
      script.say(
          "a heartbeat of the resource's version, not the response's",
          Response.of(CLUSTER, "3").heartbeat("m", "2", LONG));
      script.say(
          "a heartbeat of a version that is not held",
          Answer.ANSWERED,
          List.of("m"),
          Response.of(CLUSTER, "2").heartbeat("m", "99", LONG));
      script.say(
          "a heartbeat of what is not there",
          Answer.ANSWERED,
          List.of("nobody"),
          Response.of(CLUSTER, "2").heartbeat("nobody", "99", LONG));
      script.say(
          "a heartbeat that lets it die", Response.of(CLUSTER, "2").heartbeat("m", "2", SHORT));
    } else {
      script.say("and now for a short time", clusters("3").mortal(good("m"), SHORT));
    }
    script.silence("the cluster dies", OVER);
    script.say("a cluster dies that nobody kept alive", clusters("4").mortal(good("m"), SHORT));
    script.silence("another cluster dies", OVER);
    script.say("a cluster that lives", clusters("5").mortal(good("m"), SHORT));
    script.say("for ever after all", clusters("6", good("m")));
    script.silence("nobody dies", OVER);
    script.say(
        "listeners of which one shall die",
        Response.of(LISTENER, "2", listenerOf("l1", "r1"))
            .mortal(listenerOf("mortal", "r1"), SHORT));
    script.silence("the listener dies", Duration.ofSeconds(4));
    if (script.delta()) {
      script.say(
          "routes that shall die", Response.of(ROUTES, "2").mortal(routes("r1", "a"), SHORT));
      script.silence("the routes die", OVER);
      script.say("routes that live again", Response.of(ROUTES, "3", routes("r1", "a")));
      script.say(
          "endpoints that shall die", Response.of(ENDPOINTS, "2").mortal(endpoints("e1"), SHORT));
      script.silence("the endpoints die", OVER);
    }
    script.closeStreams("the stream ends, and says what is held", 0, 4);
  }

  private static Response clusters(String version, Named... others) {
    return Response.of(CLUSTER, version, good("a"), eds("e1")).and(others);
  }
}
