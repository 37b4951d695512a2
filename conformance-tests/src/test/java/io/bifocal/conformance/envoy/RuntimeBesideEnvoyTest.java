package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.envoy.Recital.assertSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A runtime with layers from everywhere, changed under way: Envoy does the same in the same run.
 */
@LongRun
class RuntimeBesideEnvoyTest {
  private static final String STATS = "runtime\\..*(?<!update_time|update_duration)";

  @RegisterExtension final Stage stage = new Stage();

  private static String bootstrap(int port, Dialect dialect, String patience) {
    return Bootstraps.ads(port, dialect)
        + """
        layered_runtime:
          layers:
          - name: base
            static_layer: {share: 100, kept: {a: 5, b: true}}
          - name: pushed
            rtds_layer: {name: rt, rtds_config: {ads: {}, resource_api_version: V3, initial_fetch_timeout: %s}}
          - name: operator
            admin_layer: {}
        """
            .formatted(patience);
  }

  private static Named runtime(String name, String json) {
    Struct.Builder struct = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(json, struct);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
    return new Named("rt", Any.pack(Runtime.newBuilder().setName(name).setLayer(struct).build()));
  }

  /** A share of the requests, by the key {@code share}, is answered with 202, the others not. */
  private static Named routes() {
    return Named.of(
        ResourceType.ROUTES,
        RouteConfiguration.newBuilder()
            .setName("r1")
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName("all")
                    .addDomains("*")
                    .addRoutes(
                        Route.newBuilder()
                            .setMatch(
                                RouteMatch.newBuilder()
                                    .setPrefix("/")
                                    .setRuntimeFraction(
                                        RuntimeFractionalPercent.newBuilder()
                                            .setRuntimeKey("share")
                                            .setDefaultValue(
                                                FractionalPercent.getDefaultInstance())))
                            .setDirectResponse(DirectResponseAction.newBuilder().setStatus(202))))
            .build());
  }

  private Recording play(Subject subject, Dialect dialect) {
    Recital recital = new Recital(stage, subject, dialect, port -> bootstrap(port, dialect, "60s"));
    recital.server().awaitSubscription(ResourceType.RUNTIME);
    recital.ready().stats(STATS).note("it starts");
    recital
        .push(ResourceType.RUNTIME, "1", runtime("rt", "{\"share\": 0, \"new\": \"x\"}"))
        .quiet()
        .ready()
        .runtime()
        .stats(STATS)
        .note("the first layer");
    recital.push(ResourceType.CLUSTER, "1").note("no clusters");
    recital
        .push(
            ResourceType.LISTENER,
            "1",
            Named.of(ResourceType.LISTENER, Resources.listener("l1", "r1")))
        .note("a listener");
    recital.push(ResourceType.ROUTES, "1", routes());
    recital.proxy().awaitLive();
    recital.get("l1", "/").note("routes");
    recital
        .push(ResourceType.RUNTIME, "2", runtime("rt", "{\"share\": 100}"))
        .quiet()
        .get("l1", "/")
        .runtime()
        .note("another layer");
    recital
        .push(ResourceType.RUNTIME, "3", runtime("rt", "{\"share\": [1], \"new\": 1}"))
        .quiet()
        .get("l1", "/")
        .runtime()
        .stats(STATS)
        .note("a list is no value", "Invalid runtime entry value for share");
    recital
        .push(ResourceType.RUNTIME, "4", runtime("stranger", "{\"share\": 0}"))
        .quiet()
        .get("l1", "/")
        .note(
            "another name than was asked for", "Unexpected RTDS runtime (expecting rt): stranger");
    recital
        .push(
            ResourceType.RUNTIME,
            "5",
            runtime(
                "rt",
                "{\"share\": {\"numerator\": 0, \"denominator\": \"MILLION\"}, \"big\": 12345678901,"
                    + " \"third\": 0.333333333333, \"off\": false}"))
        .quiet()
        .get("l1", "/")
        .stats(STATS)
        .note("a share that is none");
    modify(recital, "share=100&mine=1");
    recital.get("l1", "/").stats(STATS).note("an operator knows better");
    modify(recital, "share=");
    recital.get("l1", "/").stats(STATS).note("and takes it back");
    if (dialect == Dialect.DELTA) {
      String nonce = recital.server().nextNonce();
      recital
          .server()
          .send(
              DeltaDiscoveryResponse.newBuilder()
                  .setTypeUrl(ResourceType.RUNTIME.typeUrl())
                  .setNonce(nonce)
                  .setSystemVersionInfo("6")
                  .addRemovedResources("rt")
                  .build());
      recital.answered(nonce).quiet().get("l1", "/").runtime().stats(STATS).note("it is removed");
    } else {
      recital.push(ResourceType.RUNTIME, "6").quiet().get("l1", "/").note("nothing at all");
    }
    return recital.recording(Path.of("target", "recordings", "runtime-" + subject + dialect));
  }

  private static void modify(Recital recital, String query) {
    recital.line(
        Http.post(recital.proxy().adminAddress(), "/runtime_modify?" + query).body().strip());
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void itDoesWhatEnvoyDoes(Dialect dialect) throws Exception {
    try (Plays<Subject, Recording> both = Plays.sideBySide(subject -> play(subject, dialect))) {
      Recording envoy = both.of(Subject.ENVOY);
      assertThat(envoy.steps().get("routes")).contains("GET /: 404");
      assertThat(envoy.steps().get("another layer")).contains("GET /: 202");
      assertSame(envoy, both.of(Subject.BIFOCAL));
    }
  }

  @Execution(CONCURRENT)
  @Test
  void aSilentControlPlaneIsNotWaitedForForEver() {
    Recording envoy = silence(Subject.ENVOY);
    assertSame(envoy, silence(Subject.BIFOCAL));
  }

  private Recording silence(Subject subject) {
    Recital recital =
        new Recital(stage, subject, Dialect.SOTW, port -> bootstrap(port, Dialect.SOTW, "1s"));
    recital.server().awaitSubscription(ResourceType.CLUSTER);
    recital.quiet().ready().stats(STATS).runtime().note("after a second");
    return recital.recording(Path.of("target", "recordings", "runtime-silence-" + subject));
  }

  @Execution(CONCURRENT)
  @Test
  void withoutAnAdminLayerAnOperatorHasNoSay() {
    List<String> answers =
        List.of(Subject.ENVOY, Subject.BIFOCAL).stream()
            .map(
                subject -> {
                  var proxy =
                      stage.start(
                          subject,
                          """
                          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
                          layered_runtime: {layers: [{name: s, static_layer: {a: 1}}]}
                          """);
                  var refused = Http.post(proxy.adminAddress(), "/runtime_modify?a=2");
                  var usage = Http.post(proxy.adminAddress(), "/runtime_modify");
                  return refused.status()
                      + refused.body()
                      + usage.status()
                      + usage.body()
                      + proxy.admin("/runtime_modify").status();
                })
            .toList();
    assertThat(answers.get(1)).isEqualTo(answers.get(0));
  }
}
