package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that go elsewhere too, as copies or because an upstream redirects them, through Envoy
 * and through Bifocal: what the client gets, what both upstreams see, what is logged and counted.
 */
class RoutedElsewhereTest {
  // What differs from run to run, or is nobody's promise.
  private static final List<String> BY_CHANCE =
      List.of("date", "x-envoy-upstream-service-time", "x-request-id");

  private static final Map<Subject, Side> SIDES = new EnumMap<>(Subject.class);
  private static final Started STARTED = new Started();

  /** A request's name, which is its first path segment too, and where that is routed to. */
  record Case(String name, String acts, String action, int lines) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case mirror(String name, String more) {
    return new Case(
        name,
        "200",
        "cluster: one, request_mirror_policies: [{cluster: two%s}]".formatted(more),
        1);
  }

  private static Case redirect(String name, String acts, int lines, String policy) {
    return new Case(
        name, acts, "cluster: one, internal_redirect_policy: {%s}".formatted(policy), lines);
  }

  static Stream<Case> cases() {
    String onwards = "302;location=http:||other.example|target|200";
    return Stream.of(
        mirror("mirror", ""),
        mirror("mirror-plain", ", disable_shadow_host_suffix_append: true"),
        mirror(
            "mirror-none",
            ", runtime_fraction: {default_value: {numerator: 0, denominator: HUNDRED}}"),
        new Case(
            "mirror-unknown",
            "200",
            "cluster: one, request_mirror_policies: [{cluster: three}]",
            1),
        redirect("redirect", onwards, 2, ""),
        redirect("redirect-303", onwards.replace("302", "303"), 1, ""),
        redirect(
            "redirect-303-listed",
            onwards.replace("302", "303"),
            2,
            "redirect_response_codes: [303]"),
        redirect("redirect-relative", "302;location=|target|200", 1, ""),
        redirect("redirect-no-location", "302", 1, ""),
        redirect("redirect-https", onwards.replace("http:", "https:"), 1, ""),
        redirect(
            "redirect-https-allowed",
            onwards.replace("http:", "https:"),
            2,
            "allow_cross_scheme_redirect: true"),
        redirect("redirect-none-left", onwards, 1, "max_internal_redirects: 0"),
        redirect("redirect-again", "302;location=http:||other.example|x|302", 2, ""),
        redirect("redirect-no-route", onwards.replace("other.example", "nowhere.example"), 1, ""),
        redirect("redirect-copied", onwards, 2, "response_headers_to_copy: [x-origin]"),
        new Case("no-redirect", onwards, "cluster: one", 1));
  }

  @BeforeAll
  static void start() {
    for (Subject subject : Subject.values()) {
      SIDES.put(subject, new Side(subject));
    }
  }

  @AfterAll
  static void stop() throws IOException {
    STARTED.close();
  }

  private static Side side(Subject subject) {
    return Objects.requireNonNull(SIDES.get(subject));
  }

  /** One proxy with its upstreams. */
  private static final class Side {
    final AttemptOrigin one = STARTED.keep(new AttemptOrigin("one"));
    final AttemptOrigin two = STARTED.keep(new AttemptOrigin("two"));
    final Path log = STARTED.directory().resolve("elsewhere-" + System.identityHashCode(this));
    final Proxy proxy;
    final InetSocketAddress listener;
    Map<String, String> before = Map.of();

    Side(Subject subject) {
      proxy =
          STARTED
              .start(subject, List.of(), bootstrap(), List.of("--file-flush-interval-msec", "20"))
              .awaitLive();
      listener = proxy.listener("ingress");
    }

    private String bootstrap() {
      StringBuilder routes = new StringBuilder();
      cases()
          .forEach(
              c ->
                  routes.append(
                      "{name: %s, match: {prefix: /%s/}, route: {%s}}, "
                          .formatted(c.name, c.name, c.action)));
      return """
          admin:
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          static_resources:
            clusters:
            - {name: one, type: STATIC, load_assignment: {cluster_name: one, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
            - {name: two, type: STATIC, load_assignment: {cluster_name: two, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
            listeners:
            - name: ingress
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains:
              - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
                    stat_prefix: ingress,
                    access_log: [{name: file, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
                      path: %s,
                      log_format: {text_format_source: {inline_string: "%%REQ(X-CASE)%% %%REQ(:METHOD)%% %%REQ(:AUTHORITY)%% %%REQ(:PATH)%% %%RESPONSE_CODE%% %%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%% %%ROUTE_NAME%% %%UPSTREAM_CLUSTER%% %%BYTES_RECEIVED%% %%BYTES_SENT%%\\n"}}}}],
                    route_config: {name: routes, validate_clusters: false, virtual_hosts: [
                      {name: other, domains: [other.example], routes: [{name: target, match: {prefix: /}, route: {cluster: two}}]},
                      {name: nowhere, domains: [nowhere.example], routes: []},
                      {name: all, domains: ["*"], routes: [%s]}]},
                    http_filters: [{name: envoy.filters.http.router, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}
          """
          .formatted(one.address().getPort(), two.address().getPort(), log, routes);
    }

    private List<String> lines(String name) {
      try {
        return Files.readAllLines(log).stream().filter(l -> l.startsWith(name + " ")).toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Everything that can be known of one case, a line each. */
    List<String> observe(Case c) {
      before = counters();
      List<String> all = new ArrayList<>();
      Http.Response response =
          Http.request(
              listener, "POST", "/" + c.name + "/" + c.acts, Map.of("x-case", c.name), "hello");
      all.add("body " + response.body());
      response
          .head()
          .lines()
          .filter(line -> BY_CHANCE.stream().noneMatch(line.toLowerCase(Locale.ROOT)::startsWith))
          .sorted()
          .forEach(all::add);
      await().atMost(Duration.ofSeconds(10)).until(() -> lines(c.name).size() >= c.lines);
      lines(c.name).forEach(line -> all.add("logged " + line));
      if (c.name.equals("mirror") || c.name.equals("mirror-plain")) {
        await().atMost(Duration.ofSeconds(10)).until(() -> !two.seen(c.name).isEmpty());
      }
      seen("one", one, c, all);
      seen("two", two, c, all);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> proxy.stat("cluster.two.upstream_rq_active") == 0);
      counters()
          .forEach(
              (key, value) -> {
                if (!value.equals(before.getOrDefault(key, "0"))) {
                  all.add("counted " + key);
                }
              });
      return all;
    }

    private static void seen(String which, AttemptOrigin origin, Case c, List<String> all) {
      for (AttemptOrigin.Seen each : origin.seen(c.name)) {
        Map<String, String> kept = new TreeMap<>(each.headers());
        BY_CHANCE.forEach(kept::remove);
        kept.computeIfPresent("x-forwarded-for", (k, v) -> v.replaceAll("[0-9.:]+", "ip"));
        all.add(which + " saw " + each.method() + " " + each.path() + " " + kept + each.body());
      }
    }

    private Map<String, String> counters() {
      Map<String, String> counted = new TreeMap<>();
      proxy
          .stats()
          .forEach(
              (key, value) -> {
                if (key.matches(
                    "cluster\\.(one|two)\\.(.*upstream_rq_(\\d.*|total|completed|retry.*)|.*internal_redirect.*)|http\\.ingress\\.(passthrough.*|downstream_rq_(total|\\dxx))")) {
                  counted.put(key, value);
                }
              });
      return counted;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void requestsGoElsewhereAlike(Case c) {
    List<String> envoys = side(Subject.ENVOY).observe(c);
    if (System.getenv("PRINT_CASES") != null) {
      envoys.forEach(line -> System.out.println(c + ": " + line));
      return;
    }
    assertThat(side(Subject.BIFOCAL).observe(c)).isEqualTo(envoys);
  }
}
