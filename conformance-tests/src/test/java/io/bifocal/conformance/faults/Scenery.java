package io.bifocal.conformance.faults;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import java.util.List;

/**
 * A subject that serves from the cluster e1, whose endpoints come by EDS; its control plane is at
 * the end of a wire; requests go on all the time.
 */
final class Scenery {
  private final Stage stage;
  final ScriptedControlPlane server;
  final Wire wire;
  final Proxy proxy;
  final Requests requests;

  Scenery(Stage stage, Subject subject, Dialect dialect) {
    this(stage, subject, dialect, "{}");
  }

  /** With these {@code http2_protocol_options} of the control plane's cluster. */
  Scenery(Stage stage, Subject subject, Dialect dialect, String http2Options) {
    this.stage = stage;
    server = stage.keep(new ScriptedControlPlane(Ports.free())); // it may start again
    wire = stage.keep(new Wire(server.port()));
    proxy =
        stage.start(
            subject,
            Bootstraps.ads(wire.port(), dialect)
                .replace("http2_protocol_options: {}", "http2_protocol_options: " + http2Options));
    server.awaitSubscription(CLUSTER);
    server.push(CLUSTER, "1", List.of(Named.of(CLUSTER, edsCluster("e1"))));
    server.awaitSubscription(ENDPOINTS);
    pushEndpoints("1", backend("first"));
    server.awaitSubscription(LISTENER);
    server.push(LISTENER, "1", List.of(Named.of(LISTENER, listener("ingress", "routes"))));
    server.awaitSubscription(ROUTES);
    server.push(ROUTES, "1", List.of(Named.of(ROUTES, route("routes", "e1"))));
    proxy.awaitLive().awaitBody("ingress", "/", "first");
    requests = stage.keep(new Requests(proxy.listener("ingress")));
  }

  Backend backend(String body) {
    return stage.keep(Backend.start("127.0.0.1", body));
  }

  /** Says where e1 is now, and answers with the nonce. */
  String pushEndpoints(String version, Backend backend) {
    return server.push(ENDPOINTS, version, endpoints(backend));
  }

  static List<Named> endpoints(Backend backend) {
    return List.of(Named.of(ENDPOINTS, assignment("e1", backend.address())));
  }

  /** The first request for endpoints on a stream later than this one. */
  HeardRequest awaitEndpointsRequestAfter(int stream, ScriptedControlPlane from) {
    return from.awaitRequest(
        "for endpoints after stream " + stream,
        r -> r.stream() > stream && r.typeUrl().equals(ENDPOINTS.typeUrl()));
  }

  /** What was pushed last is served, and all the while nothing failed. */
  void assertServes(String body) {
    proxy.awaitBody("ingress", "/", body);
    requests.assertAllAnswered();
  }
}
