package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * To which host a TCP proxy of Envoy's and of Bifocal's takes a connection: by what {@code
 * metadata_match} asks of it, in the proxy and in its weighted clusters, and by the server that the
 * client names.
 */
class TcpChoicesAgreementTest {
  @RegisterExtension static final TcpSides SIDES = new TcpSides(TcpChoicesAgreementTest::bootstrap);

  private static final String TYPES = "type.googleapis.com/envoy.extensions.filters.";

  private static String bootstrap(Path log, int port) {
    return plain("one", log, "cluster: strict", "version: \"1\", stage: dev")
        + plain("other_order", log, "cluster: strict", "stage: prod, version: \"2\"")
        + plain("no_such_value", log, "cluster: strict", "version: \"3\"")
        + plain("key_too_many", log, "cluster: strict", "version: \"1\", stage: dev, colour: red")
        + plain("nothing", log, "cluster: strict", "")
        + plain("any", log, "cluster: lenient", "version: \"3\"")
        + plain("no_subsets", log, "cluster: up", "version: \"3\"")
        + plain("merged", log, weighted("strict", "stage: dev"), "version: \"1\"")
        + plain("clusters_own", log, weighted("strict", "version: \"1\", stage: dev"), "")
        + plain("proxys_own", log, weighted("strict", ""), "version: \"1\", stage: dev")
        + plain(
            "clusters_first", log, weighted("strict", "stage: dev"), "version: \"1\", stage: prod")
        + plain("no_such_merged", log, weighted("strict", "stage: dev"), "version: \"2\"")
        + plain("any_merged", log, weighted("lenient", "stage: none"), "version: \"1\"")
        + named("named", log, "cluster: up", "")
        + named("named_like", log, "cluster: up", "version: \"1\", stage: dev")
        + named("named_weighted", log, weighted("up", "stage: dev"), "version: \"2\"")
        + "  clusters:\n"
        + TcpSide.cluster("up", "", port)
        + subsets("strict", "NO_FALLBACK", port)
        + subsets("lenient", "DEFAULT_SUBSET, default_subset: {stage: prod, version: \"2\"}", port)
        + subsets("strict.example", "NO_FALLBACK", port);
  }

  private static String metadata(String values) {
    return values.isEmpty()
        ? ""
        : "metadata_match: {filter_metadata: {envoy.lb: {%s}}}".formatted(values);
  }

  // Chance decides between the two, and it is the same.
  private static String weighted(String cluster, String values) {
    String one = "{name: %s, weight: %d, %s}";
    return "weighted_clusters: {clusters: [%s, %s]}"
        .formatted(
            one.formatted(cluster, 1, metadata(values)),
            one.formatted(cluster, 2, metadata(values)));
  }

  private static String plain(String name, Path log, String clusters, String values) {
    return TcpSide.listener(name, log, clusters + "\n" + metadata(values));
  }

  private static String named(String name, Path log, String clusters, String values) {
    String inspector =
        "{name: tls, typed_config: {\"@type\": %slistener.tls_inspector.v3.TlsInspector}}"
            .formatted(TYPES);
    String choosing =
        "    - {name: sni, typed_config: {\"@type\": %snetwork.sni_cluster.v3.SniCluster}}\n"
            .formatted(TYPES);
    return TcpSide.listener(
            name, 0, inspector, TcpSide.tcpProxy(name, log, clusters + "\n" + metadata(values)))
        .replace("    - filters:\n", "    - filters:\n  " + choosing);
  }

  /** Four hosts: by version and stage the second and the third are alone. */
  private static String subsets(String name, String fallback, int port) {
    StringBuilder hosts = new StringBuilder();
    String[] values = {"version: \"1\", stage: prod", "version: \"1\", stage: dev"};
    String[] more = {"version: \"2\", stage: prod", ""};
    for (int i = 0; i < 4; i++) {
      hosts.append(
          "{endpoint: {address: {socket_address: {address: 127.0.0.%d, port_value: %d}}}, metadata: {filter_metadata: {envoy.lb: {%s}}}},"
              .formatted(i + 1, port, i < 2 ? values[i] : more[i - 2]));
    }
    return "  - {name: %1$s, type: STATIC, lb_subset_config: {fallback_policy: %2$s, subset_selectors: [{keys: [version]}, {keys: [stage, version]}]}, load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [%3$s]}]}}\n"
        .formatted(name, fallback, hosts);
  }

  private static void visit(TcpSide side, String listener, String first, List<String> seen)
      throws IOException {
    try (Talk client = side.connect(listener).say(first);
        Talk upstream = side.accept()) {
      seen.add(upstream.address() + " heard " + upstream.hear(first.length()));
      upstream.say("hello");
      seen.add(client.hear(5));
      client.endOutput();
      seen.add(upstream.hearAll());
    }
  }

  private static void alone(TcpSide side, String listener, String first, List<String> seen) {
    try (Talk client = side.connect(listener).say(first)) {
      seen.add(client.hearAll());
    }
  }

  private static void agree(TcpSide.Play play, String host) {
    // Of a connection that is closed at once, what was read for its name counts here only.
    UnaryOperator<String> compared =
        told ->
            host.equals("<closed>") ? told.replaceAll("[a-z._]+rx_bytes_total=\\d+, ", "") : told;
    assertThat(SIDES.agreed(play, compared)).startsWith(host);
  }

  @ParameterizedTest
  @CsvSource({
    "one, 127.0.0.2",
    "other_order, 127.0.0.3",
    "any, 127.0.0.3",
    "no_subsets, 127.0.0.1",
    "merged, 127.0.0.2",
    "clusters_own, 127.0.0.2",
    "proxys_own, 127.0.0.2",
    "clusters_first, 127.0.0.2",
    "any_merged, 127.0.0.3"
  })
  void theHostIsLikeWhatIsAskedFor(String listener, String host) {
    agree((side, seen) -> visit(side, listener, "hi", seen), host + " heard hi");
  }

  @ParameterizedTest
  @CsvSource({"no_such_value", "key_too_many", "nothing", "no_such_merged"})
  void whereThereIsNoneLikeItTheConnectionEnds(String listener) {
    agree((side, seen) -> alone(side, listener, "hi", seen), "<closed>");
  }

  @ParameterizedTest
  @CsvSource({
    "named, up, 127.0.0.1",
    "named, '', 127.0.0.1",
    "named_like, up, 127.0.0.1",
    "named_like, strict.example, 127.0.0.2",
    "named_like, Strict.Example, 127.0.0.2",
    "named_weighted, '', 127.0.0.1",
    "named_weighted, up, 127.0.0.1",
    "named_weighted, strict.example, 127.0.0.1"
  })
  void theServerThatIsNamedIsTheClusterUnlessWeightsDecide(
      String listener, String server, String host) {
    String hello = ClientHellos.of(server, "");
    agree((side, seen) -> visit(side, listener, hello, seen), host + " heard " + hello);
  }

  @ParameterizedTest
  @CsvSource({"named, nowhere.example", "named, strict.example", "named_like, nowhere.example"})
  void whoNamesNoClusterWithSuchAHostIsSentAway(String listener, String server) {
    String hello = ClientHellos.of(server, "");
    agree((side, seen) -> alone(side, listener, hello, seen), "<closed>");
  }

  @ParameterizedTest
  @CsvSource({"named", "named_like"})
  void whoSpeaksNoTlsNamesNobody(String listener) {
    agree((side, seen) -> visit(side, listener, "no hello", seen), "127.0.0.1 heard no hello");
  }
}
