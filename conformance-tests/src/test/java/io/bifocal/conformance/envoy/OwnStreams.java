package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.envoy.Script.badEndpoints;
import static io.bifocal.conformance.envoy.Script.badListener;
import static io.bifocal.conformance.envoy.Script.cluster;
import static io.bifocal.conformance.envoy.Script.endpoints;
import static io.bifocal.conformance.envoy.Script.good;
import static io.bifocal.conformance.envoy.Script.named;
import static io.bifocal.conformance.envoy.Script.routes;
import static io.bifocal.conformance.envoy.Script.twoAddresses;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;

import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import java.util.List;

/** A stream for each subscription. */
final class OwnStreams {
  private final Script script;
  private final ConfigSource source;

  private OwnStreams(Script script) {
    this.script = script;
    this.source =
        ConfigSource.newBuilder()
            .setResourceApiVersion(ApiVersion.V3)
            .setApiConfigSource(
                ApiConfigSource.newBuilder()
                    .setApiType(script.delta() ? ApiType.DELTA_GRPC : ApiType.GRPC)
                    .setTransportApiVersion(ApiVersion.V3)
                    .setSetNodeOnFirstMessageOnly(true)
                    .addGrpcServices(
                        GrpcService.newBuilder()
                            .setEnvoyGrpc(
                                GrpcService.EnvoyGrpc.newBuilder().setClusterName("xds_cluster"))))
            .build();
  }

  static void write(Script script) {
    new OwnStreams(script).write();
  }

  private void write() {
    script.say(
        "clusters",
        Answer.HELD_BACK,
        List.of(),
        Response.of(CLUSTER, "1", good("a"), eds("e1"), eds("e2")));
    script.say(
        "endpoints of both, to both",
        Response.of(ENDPOINTS, "1", endpoints("e1"), endpoints("e2")));
    script.say(
        "listeners", Response.of(LISTENER, "1", listenerOf("l1", "r1"), listenerOf("l2", "r2")));
    script.say(
        "routes of both, to both", Response.of(ROUTES, "1", routes("r1", "a"), routes("r2", "a")));
    script.say(
        "other clusters", Response.of(CLUSTER, "2", good("a"), eds("e1"), eds("e2"), good("b")));
    script.say("other endpoints of one", Response.of(ENDPOINTS, "2", twoAddresses("e1")));
    script.say(
        "bad endpoints of one",
        Answer.ANSWERED,
        List.of("not.an.ip"),
        Response.of(ENDPOINTS, "3", badEndpoints("e2")));
    script.say(
        "a bad listener",
        Answer.ANSWERED,
        List.of("bad"),
        Response.of(
            LISTENER, "2", listenerOf("l1", "r1"), listenerOf("l2", "r2"), badListener("bad")));
    script.say(
        "a cluster among routes",
        Answer.ANSWERED,
        List.of("Cluster"),
        Response.of(ROUTES, "2", good("stray")));
    script.say(
        "a cluster goes",
        Response.of(CLUSTER, "3", good("a"), eds("e1"), good("b")).removing("e2"));
    script.say(
        "a listener goes",
        Answer.ANSWERED_AND_MORE_AFTER_DRAINING,
        List.of(),
        Response.of(LISTENER, "3", listenerOf("l1", "r1")).removing("l2"));
    script.closeStreams("all streams end", 0, 4);
    script.say("clusters again", Response.of(CLUSTER, "4", good("a"), eds("e1")).removing("b"));
  }

  private Named eds(String name) {
    return cluster(edsCluster(name, source));
  }

  private Named listenerOf(String name, String route) {
    return named(name, listener(name, route, source));
  }
}
