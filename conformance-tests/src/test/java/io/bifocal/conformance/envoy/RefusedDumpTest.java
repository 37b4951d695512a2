package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.badCluster;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the dump says of resources that were refused. Envoy says it of listeners; of the others the
 * API has the fields, and Envoy leaves them unset.
 */
class RefusedDumpTest {
  @RegisterExtension final Stage stage = new Stage();

  /** Not there in Envoy but for listeners; and what says when, which is never the same. */
  private static final Set<String> OURS = Set.of("error_state", "client_status", "last_updated");

  private static Named named(String name, Message value) {
    return new Named(name, Any.pack(value));
  }

  /** A proxy that serves, to which then bad ones of each type are sent. */
  private Proxy refusing(Subject subject) {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), Dialect.SOTW));
    server.awaitSubscription(ResourceType.CLUSTER);
    server.push(ResourceType.CLUSTER, "1", List.of(named("e1", edsCluster("e1"))));
    server.awaitSubscription(ResourceType.ENDPOINTS);
    ClusterLoadAssignment endpoints = assignment("e1", backend.address());
    server.push(ResourceType.ENDPOINTS, "1", List.of(named("e1", endpoints)));
    server.awaitSubscription(ResourceType.LISTENER);
    Listener ingress = listener("ingress", "r1");
    server.push(ResourceType.LISTENER, "1", List.of(named("ingress", ingress)));
    server.awaitSubscription(ResourceType.ROUTES);
    RouteConfiguration routes = route("r1", "e1");
    server.push(ResourceType.ROUTES, "1", List.of(named("r1", routes)));
    proxy.awaitLive().awaitBody("ingress", "/", "hello");

    refuse(
        server,
        ResourceType.CLUSTER,
        named("e1", edsCluster("e1")),
        named("bad", badCluster("bad")));
    refuse(server, ResourceType.ENDPOINTS, named("e1", badCluster("e1").getLoadAssignment()));
    Listener bad = ingress.toBuilder().setName("bad").clearFilterChains().build();
    refuse(server, ResourceType.LISTENER, named("ingress", ingress), named("bad", bad));
    refuse(
        server,
        ResourceType.ROUTES,
        named(
            "r1",
            routes.toBuilder()
                .addVirtualHosts(routes.getVirtualHosts(0).toBuilder().setName("again"))
                .build()));
    return proxy;
  }

  private static void refuse(
      ScriptedControlPlane server, ResourceType<?> type, Named... resources) {
    server.push(type, "2", List.of(resources));
    server.awaitRequest(
        "a refusal of " + type,
        request -> request.typeUrl().equals(type.typeUrl()) && request.error().isPresent());
  }

  private static JsonArray configs(Proxy proxy, String query) {
    JsonElement configs =
        JsonParser.parseString(proxy.admin("/config_dump?" + query).body())
            .getAsJsonObject()
            .get("configs");
    return configs == null ? new JsonArray() : configs.getAsJsonArray();
  }

  private static List<String> types(Proxy proxy, String query) {
    List<String> types = new ArrayList<>();
    configs(proxy, query).forEach(c -> types.add(c.getAsJsonObject().get("@type").getAsString()));
    return types;
  }

  @Test
  void whatEnvoyShowsIsThereInItsOrder() {
    Proxy envoy = refusing(Subject.ENVOY);
    Proxy bifocal = refusing(Subject.BIFOCAL);

    assertThat(types(bifocal, "include_eds")).isEqualTo(types(envoy, "include_eds"));
    for (String resource :
        List.of("dynamic_active_clusters", "dynamic_endpoint_configs", "dynamic_route_configs")) {
      String query = "include_eds&resource=" + resource;
      assertThat(without(configs(bifocal, query)))
          .as(resource)
          .containsAll(without(configs(envoy, query)));
    }
    String bad = "resource=dynamic_listeners&name_regex=bad&mask=name,error_state.details";
    assertThat(named(configs(bifocal, bad))).isNotEmpty().isEqualTo(named(configs(envoy, bad)));
  }

  /** Envoy tells each refused listener twice; the entry without a name says nothing more. */
  private static List<JsonElement> named(JsonArray elements) {
    List<JsonElement> named = new ArrayList<>();
    elements.forEach(
        element -> {
          if (element.getAsJsonObject().has("name")) {
            named.add(element);
          }
        });
    return named;
  }

  /** The paths, but for what is ours. */
  private static Set<String> without(JsonArray elements) {
    Set<String> paths = new TreeSet<>();
    elements.forEach(element -> collect("", element, paths));
    assertThat(paths).isNotEmpty();
    return paths;
  }

  private static void collect(String path, JsonElement element, Set<String> paths) {
    if (element.isJsonObject()) {
      for (Map.Entry<String, JsonElement> entry : element.getAsJsonObject().entrySet()) {
        if (!OURS.contains(entry.getKey())) {
          collect(path + "." + entry.getKey(), entry.getValue(), paths);
        }
      }
    } else if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(item -> collect(path + "[]", item, paths));
    } else {
      paths.add(path);
    }
  }

  @Test
  void whatIsRefusedIsShownWithItsReasonBesideWhatServes() {
    Proxy bifocal = refusing(Subject.BIFOCAL);

    JsonObject cluster = only(bifocal, "resource=dynamic_warming_clusters&name_regex=bad");
    assertThat(cluster.get("client_status").getAsString()).isEqualTo("NACKED");
    assertThat(error(cluster, "details")).contains("malformed IP address: not.an.ip");
    assertThat(error(cluster, "version_info")).isEqualTo("2");
    assertThat(cluster.getAsJsonObject("error_state").toString())
        .contains("failed_configuration", "not.an.ip", "last_update_attempt");

    JsonObject good = only(bifocal, "resource=dynamic_active_clusters");
    assertThat(good.get("client_status").getAsString()).isEqualTo("ACKED");
    assertThat(good.has("error_state")).isFalse();

    for (String resource : List.of("dynamic_endpoint_configs", "dynamic_route_configs")) {
      JsonObject element = only(bifocal, "include_eds&resource=" + resource);
      assertThat(element.get("client_status").getAsString()).isEqualTo("NACKED");
      assertThat(element.get("version_info").getAsString()).isEqualTo("1");
      assertThat(error(element, "version_info")).isEqualTo("2");
    }
    JsonObject routes =
        only(bifocal, "resource=dynamic_route_configs&name_regex=r1&mask=error_state.details");
    assertThat(error(routes, "details")).contains("Only a single wildcard domain is permitted");
    assertThat(routes.has("route_config")).isFalse();
    bifocal.awaitBody("ingress", "/", "hello");
  }

  private static String error(JsonObject element, String field) {
    return element.getAsJsonObject("error_state").get(field).getAsString();
  }

  private static JsonObject only(Proxy proxy, String query) {
    await().untilAsserted(() -> assertThat(configs(proxy, query)).hasSize(1));
    return configs(proxy, query).get(0).getAsJsonObject();
  }
}
