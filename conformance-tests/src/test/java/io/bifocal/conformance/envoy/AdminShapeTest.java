package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dashboards and scripts read Envoy's admin interface: what Envoy shows of one small configuration
 * is there, in the same shape. More may be there.
 */
class AdminShapeTest {
  @RegisterExtension final Stage stage = new Stage();

  /**
   * Not compared, as they describe the build or the machine: the node's extensions and build, the
   * flags, and what Envoy's own allocator, TLS library and threads count.
   */
  private static final Predicate<String> ABOUT_THE_BUILD =
      Predicate.not(
          (String path) ->
              path.contains(".node")
                  || path.contains("command_line_options")
                  || path.contains("hot_restart")
                  || path.contains("last_updated"));

  /**
   * What Envoy counts and Bifocal does not, one by one, so that nothing else gets lost: the admin
   * interface's own requests; the control plane's connection as an upstream, which is gRPC's here;
   * bytes in Envoy's buffers; and a few of little use.
   */
  private static final Predicate<String> NOT_COUNTED =
      Pattern.compile(
              "http\\.(admin|async-client)\\..*|cluster\\.xds_cluster\\..*|.*\\.upstream_cx_rx_bytes_buffered|"
                  + ".*\\.downstream_cx_rx_bytes_buffered|.*\\.config_reload(_time_ms)?|.*\\.cx_pool_open|"
                  + ".*\\.default\\.total_match_count|.*\\.max_host_weight|.*\\.downstream_pre_cx_active")
          .asMatchPredicate();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/config_dump",
        "/config_dump?include_eds",
        "/config_dump?resource=dynamic_active_clusters",
        "/clusters?format=json",
        "/listeners?format=json",
        "/server_info",
        "/stats?format=json&filter=cds"
      })
  void jsonHasThePathsThatEnvoyHas(String path) {
    Proxy envoy = serving(Subject.ENVOY);
    Proxy bifocal = serving(Subject.BIFOCAL);

    assertHasAll(
        paths(bifocal.admin(path).body()),
        paths(envoy.admin(path).body()).stream().filter(ABOUT_THE_BUILD).toList());
  }

  @Test
  void clustersAreListedInEnvoysText() {
    Function<Proxy, Set<String>> keys =
        proxy ->
            proxy
                .admin("/clusters")
                .body()
                .lines()
                .map(line -> line.substring(0, line.lastIndexOf("::")))
                .collect(Collectors.toCollection(TreeSet::new));
    Set<String> envoys = keys.apply(serving(Subject.ENVOY));

    assertHasAll(without(keys.apply(serving(Subject.BIFOCAL))), without(envoys));
  }

  /** Each subject has a backend and a control plane of its own: their ports are no difference. */
  private static List<String> without(Set<String> lines) {
    return lines.stream().map(line -> line.replaceAll("127\\.0\\.0\\.1:\\d+", "HOST")).toList();
  }

  @Test
  void statisticsThatEnvoyUsesAreThere() {
    Predicate<String> ours =
        name ->
            name.matches(
                    "(cluster|http|listener|cluster_manager|listener_manager|server|control_plane)\\..*")
                && !name.matches(
                    "server\\.(memory|parent|hot_restart|total|seconds|days|fips|compilation|"
                        + "wip|worker|main_thread|debug|envoy|initialization|stats_recent).*|"
                        + ".*worker_\\d+.*|listener\\.admin.*|.*\\.http2\\..*|.*\\.external\\..*");
    Function<Proxy, Set<String>> names =
        proxy ->
            proxy
                .admin("/stats?usedonly")
                .body()
                .lines()
                .filter(line -> line.contains(": "))
                .map(line -> line.substring(0, line.indexOf(": ")))
                .map(name -> name.replaceAll("127\\.0\\.0\\.1_\\d+", "ADDRESS"))
                .filter(ours.and(NOT_COUNTED.negate()))
                .collect(Collectors.toCollection(TreeSet::new));
    Set<String> envoys = names.apply(serving(Subject.ENVOY));
    Proxy bifocal = serving(Subject.BIFOCAL);
    Set<String> bifocals =
        bifocal.stats().keySet().stream()
            .map(name -> name.replaceAll("127\\.0\\.0\\.1_\\d+", "ADDRESS"))
            .collect(Collectors.toCollection(TreeSet::new));

    assertHasAll(bifocals, List.copyOf(envoys));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void readyTellsHowFarInitialisationIs(Subject subject) {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), Dialect.SOTW));
    server.awaitSubscription(ResourceType.CLUSTER);
    assertReady(proxy, 503, "PRE_INITIALIZING");
    server.push(ResourceType.CLUSTER, "1", List.of());
    server.awaitSubscription(ResourceType.LISTENER);
    assertReady(proxy, 503, "INITIALIZING");
    server.push(ResourceType.LISTENER, "1", List.of());
    assertReady(proxy, 200, "LIVE");
    assertThat(Http.post(proxy.adminAddress(), "/healthcheck/fail").body()).isEqualTo("OK\n");
    assertReady(proxy, 503, "DRAINING");
    assertThat(proxy.stat("server.live")).isZero();
    assertThat(Http.post(proxy.adminAddress(), "/healthcheck/ok").body()).isEqualTo("OK\n");
    assertReady(proxy, 200, "LIVE");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void wrongRequestsGetEnvoysAnswers(Subject subject) {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), Dialect.SOTW));

    assertThat(proxy.admin("/nosuch").status()).isEqualTo(404);
    assertThat(proxy.admin("/healthcheck/fail"))
        .extracting(Http.Response::status, Http.Response::body)
        .containsExactly(405, "Method GET not allowed, POST required.");
    assertThat(proxy.admin("/config_dump?resource=nope"))
        .extracting(Http.Response::status, Http.Response::body)
        .containsExactly(404, "nope not found in config dump");
  }

  private static void assertReady(Proxy proxy, int status, String state) {
    await()
        .untilAsserted(
            () ->
                assertThat(proxy.admin("/ready"))
                    .extracting(Http.Response::status, Http.Response::body)
                    .containsExactly(status, state + "\n"));
  }

  private Proxy serving(Subject subject) {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), Dialect.SOTW));
    server.awaitSubscription(ResourceType.CLUSTER);
    server.push(ResourceType.CLUSTER, "1", List.of(new Named("e1", Any.pack(edsCluster("e1")))));
    server.awaitSubscription(ResourceType.ENDPOINTS);
    server.push(
        ResourceType.ENDPOINTS,
        "1",
        List.of(new Named("e1", Any.pack(assignment("e1", backend.address())))));
    server.awaitSubscription(ResourceType.LISTENER);
    server.push(
        ResourceType.LISTENER,
        "1",
        List.of(new Named("ingress", Any.pack(listener("ingress", "r1")))));
    server.awaitSubscription(ResourceType.ROUTES);
    server.push(ResourceType.ROUTES, "1", List.of(new Named("r1", Any.pack(route("r1", "e1")))));
    proxy.awaitLive().awaitBody("ingress", "/", "hello");
    return proxy;
  }

  private static void assertHasAll(java.util.Collection<String> actual, List<String> expected) {
    List<String> missing = new ArrayList<>(new TreeSet<>(expected));
    missing.removeAll(actual);
    assertThat(expected).isNotEmpty();
    assertThat(missing).as("what Envoy shows and the other does not").isEmpty();
  }

  /** Every path of a JSON document, list elements merged; the value too where it is a type. */
  private static Set<String> paths(String json) {
    Set<String> paths = new TreeSet<>();
    collect("", JsonParser.parseString(json), paths);
    return paths;
  }

  private static void collect(String path, JsonElement element, Set<String> paths) {
    if (element.isJsonObject()) {
      for (Map.Entry<String, JsonElement> entry : element.getAsJsonObject().entrySet()) {
        collect(path + "." + entry.getKey(), entry.getValue(), paths);
      }
    } else if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(item -> collect(path + "[]", item, paths));
    } else {
      paths.add(path.endsWith("@type") ? path + " = " + element.getAsString() : path);
    }
  }
}
