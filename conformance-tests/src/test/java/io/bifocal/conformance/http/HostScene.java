package io.bifocal.conformance.http;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Clusters whose hosts are told apart, and the routes that ask for some of them. */
final class HostScene {
  /**
   * What is asked of one cluster, through a route of the same name.
   *
   * @param cluster its fields
   * @param hosts localities, each with its hosts: {@code [locality fields | name fields, …]}
   * @param route further fields of the route's action, beside its cluster
   */
  record Case(String name, String cluster, String hosts, String route) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String FOUR =
      """
      | a {version: "1", stage: prod}; b {version: "1", stage: dev}; c {version: "2", stage: prod}; d {}
      """;

  private static final String SELECTORS =
      "subset_selectors: [{keys: [version]}, {keys: [stage, version]}]";

  private static Case subset(String name, String config, String wanted) {
    return new Case(name, "lb_subset_config: {" + config + "}", FOUR, wanted(wanted));
  }

  private static String wanted(String values) {
    return values.isEmpty()
        ? ""
        : "metadata_match: {filter_metadata: {envoy.lb: {" + values + "}}}";
  }

  private static String typedSubset(String config) {
    return """
        load_balancing_policy: {policies: [{typed_extension_config: {name: subset, typed_config: {
          "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.subset.v3.Subset, %s,
          subset_lb_policy: {policies: [{typed_extension_config: {name: rr, typed_config: {
            "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin}}}]}}}}]}"""
        .formatted(config);
  }

  private static String retry(String predicates) {
    return "retry_policy: {retry_on: connect-failure, num_retries: 1, host_selection_retry_max_attempts: 20, "
        + predicates
        + "}";
  }

  private static String hostPredicate(String type, String more) {
    return """
        retry_host_predicate: [{name: p, typed_config: {"@type": type.googleapis.com/envoy.extensions.retry.host.%s%s}}]"""
        .formatted(type, more);
  }

  private static final String PRIORITIES =
      """
      retry_priority: {name: p, typed_config: {"@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig, update_frequency: 1}}""";

  private static final String WEIGHTED = "common_lb_config: {locality_weighted_lb_config: {}}";

  private static final String ZONES =
      "common_lb_config: {zone_aware_lb_config: {min_cluster_size: 1}}";

  // The cluster's own sockets would not do.
  private static final String MATCHES =
      """
      transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext}},
      transport_socket_matches: [{name: plain,\s""";

  private static final String PLAIN =
      """
      transport_socket: {name: raw, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}}]""";

  private static final String PLAIN_HOST = "envoy.transport_socket_match: {plain: true}";

  static List<Case> cases() {
    return List.of(
        subset("one-key", SELECTORS, "version: \"1\""),
        subset("two-keys", SELECTORS, "version: \"1\", stage: prod"),
        subset("keys-in-any-order", SELECTORS, "stage: dev, version: \"1\""),
        subset("no-such-value", SELECTORS, "version: \"3\""),
        subset("other-kind-of-value", SELECTORS, "version: 1"),
        subset("no-such-key", SELECTORS, "colour: red"),
        subset("key-without-selector", SELECTORS, "stage: prod"),
        subset("key-too-many", SELECTORS, "version: \"1\", colour: red"),
        subset("nothing-wanted", SELECTORS, ""),
        subset("any", SELECTORS + ", fallback_policy: ANY_ENDPOINT", "version: \"3\""),
        subset("any-nothing-wanted", SELECTORS + ", fallback_policy: ANY_ENDPOINT", ""),
        subset(
            "default",
            SELECTORS + ", fallback_policy: DEFAULT_SUBSET, default_subset: {stage: dev}",
            "version: \"3\""),
        subset("default-of-all", SELECTORS + ", fallback_policy: DEFAULT_SUBSET", "version: \"3\""),
        subset(
            "default-nobody",
            SELECTORS + ", fallback_policy: DEFAULT_SUBSET, default_subset: {stage: none}",
            "version: \"3\""),
        subset(
            "default-panic",
            SELECTORS
                + ", fallback_policy: DEFAULT_SUBSET, default_subset: {stage: none}, panic_mode_any: true",
            "version: \"3\""),
        subset("none-panic", SELECTORS + ", panic_mode_any: true", "version: \"3\""),
        subset(
            "own-none",
            "fallback_policy: ANY_ENDPOINT, subset_selectors: [{keys: [version], fallback_policy: NO_FALLBACK}]",
            "version: \"3\""),
        subset(
            "own-any",
            "subset_selectors: [{keys: [version], fallback_policy: ANY_ENDPOINT}]",
            "version: \"3\""),
        subset(
            "own-default",
            "default_subset: {stage: dev}, subset_selectors: [{keys: [version], fallback_policy: DEFAULT_SUBSET}]",
            "version: \"3\""),
        subset(
            "own-keys",
            "subset_selectors: [{keys: [version]}, {keys: [version, stage], fallback_policy: KEYS_SUBSET, fallback_keys_subset: [version]}]",
            "version: \"1\", stage: none"),
        subset(
            "own-keys-and-on",
            "subset_selectors: [{keys: [version], fallback_policy: ANY_ENDPOINT}, {keys: [version, stage], fallback_policy: KEYS_SUBSET, fallback_keys_subset: [version]}]",
            "version: \"9\", stage: none"),
        subset(
            "own-keys-without-selector",
            "fallback_policy: ANY_ENDPOINT, subset_selectors: [{keys: [version, stage], fallback_policy: KEYS_SUBSET, fallback_keys_subset: [version]}]",
            "version: \"1\", stage: none"),
        subset(
            "own-other-keys",
            "fallback_policy: NO_FALLBACK, subset_selectors: [{keys: [version, stage], fallback_policy: ANY_ENDPOINT}]",
            "version: \"1\""),
        new Case(
            "list",
            "lb_subset_config: {" + SELECTORS + "}",
            "| a {version: [\"1\", \"2\"]}; b {version: \"2\"}",
            wanted("version: \"1\"")),
        new Case(
            "list-as-any",
            "lb_subset_config: {list_as_any: true, " + SELECTORS + "}",
            "| a {version: [\"1\", \"2\"]}; b {version: \"2\"}",
            wanted("version: \"1\"")),
        new Case(
            "list-as-any-default",
            "lb_subset_config: {list_as_any: true, fallback_policy: DEFAULT_SUBSET, default_subset: {version: \"1\"}, "
                + SELECTORS
                + "}",
            "| a {version: [\"1\", \"2\"]}; b {version: \"2\"}",
            ""),
        subset(
            "fallback-list",
            "metadata_fallback_policy: FALLBACK_LIST, " + SELECTORS,
            "stage: prod, fallback_list: [{version: \"7\"}, {version: \"2\"}, {version: \"1\"}]"),
        subset(
            "fallback-list-nobody",
            "metadata_fallback_policy: FALLBACK_LIST, " + SELECTORS,
            "stage: prod, fallback_list: [{version: \"7\"}, {version: \"8\"}]"),
        subset(
            "fallback-list-empty",
            "metadata_fallback_policy: FALLBACK_LIST, " + SELECTORS,
            "version: \"1\", fallback_list: []"),
        subset("fallback-list-off", SELECTORS, "version: \"1\", fallback_list: [{version: \"1\"}]"),
        new Case(
            "single",
            "lb_subset_config: {subset_selectors: [{keys: [id], single_host_per_subset: true}]}",
            "| a {id: \"1\"}; b {id: \"2\"}; c {id: \"1\"}",
            wanted("id: \"1\"")),
        new Case(
            "single-unhealthy",
            "common_lb_config: {healthy_panic_threshold: {value: 0}}, lb_subset_config: {subset_selectors: [{keys: [id], single_host_per_subset: true}]}",
            "| a! {id: \"1\"}; b {id: \"2\"}",
            wanted("id: \"1\"")),
        new Case(
            "unhealthy-subset",
            "common_lb_config: {healthy_panic_threshold: {value: 0}}, lb_subset_config: {fallback_policy: ANY_ENDPOINT, "
                + SELECTORS
                + "}",
            "| a! {version: \"1\"}; b {version: \"2\"}",
            wanted("version: \"1\"")),
        new Case(
            "unhealthy-subset-panic",
            "lb_subset_config: {fallback_policy: ANY_ENDPOINT, " + SELECTORS + "}",
            "| a! {version: \"1\"}; b {version: \"2\"}",
            wanted("version: \"1\"")),
        new Case("typed", typedSubset(SELECTORS), FOUR, wanted("version: \"2\"")),
        new Case(
            "redundant",
            typedSubset("allow_redundant_keys: true, " + SELECTORS),
            FOUR,
            wanted("version: \"1\", colour: red")),
        new Case(
            "redundant-first",
            typedSubset("allow_redundant_keys: true, " + SELECTORS),
            FOUR,
            wanted("version: \"1\", stage: dev, colour: red")),
        new Case(
            "subset-localities",
            WEIGHTED + ", lb_subset_config: {locality_weight_aware: true, " + SELECTORS + "}",
            "region: east, weight: 1 | a {version: \"1\"}; b {version: \"2\"} / region: west | c {version: \"1\"}",
            wanted("version: \"1\"")),
        new Case(
            "subset-localities-unaware",
            WEIGHTED + ", lb_subset_config: {" + SELECTORS + "}",
            "region: east, weight: 1 | a {version: \"1\"}; b {version: \"2\"} / region: west | c {version: \"1\"}",
            wanted("version: \"1\"")),
        new Case("no-subsets", "lb_policy: ROUND_ROBIN", FOUR, wanted("version: \"1\"")),
        new Case(
            "localities",
            WEIGHTED,
            "region: east, weight: 1 | a {}; b {} / region: west, weight: 1 | c {} / region: north | d {}",
            ""),
        new Case(
            "localities-without-weights",
            WEIGHTED,
            "region: east | a {}; b {} / region: west | c {}",
            ""),
        new Case(
            "localities-maglev",
            "lb_policy: MAGLEV, " + WEIGHTED,
            "region: east, weight: 1 | a {}; b {} / region: west, weight: 1 | c {} / region: north | d {}",
            ""),
        new Case("zone-direct", ZONES, "zone: here | a {}; b {} / zone: there | c {}; d {}", ""),
        new Case("zone-elsewhere", ZONES, "zone: far | a {}; b {} / zone: there | c {}; d {}", ""),
        new Case(
            "zone-small",
            "lb_policy: ROUND_ROBIN",
            "zone: here | a {}; b {} / zone: there | c {}",
            ""),
        new Case("zone-alone", ZONES, "zone: here | a {}; b {}", ""),
        new Case(
            "zone-forced",
            """
            load_balancing_policy: {policies: [{typed_extension_config: {name: rr, typed_config: {
              "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin,
              locality_lb_config: {zone_aware_lb_config: {min_cluster_size: 1, force_locality_direct_routing: true}}}}}]}""",
            "zone: here | a {} / zone: there | b {}; c {}; d {}",
            ""),
        new Case(
            "zone-off",
            "common_lb_config: {zone_aware_lb_config: {min_cluster_size: 1, routing_enabled: {value: 0}}}",
            "zone: here | a {} / zone: there | b {}",
            ""),
        new Case("panic", "lb_policy: ROUND_ROBIN", "| a! {}; b! {}; c {}", ""),
        new Case(
            "panic-fails",
            "common_lb_config: {zone_aware_lb_config: {fail_traffic_on_panic: true}}",
            "| a! {}; b! {}; c {}",
            ""),
        new Case(
            "sockets-of-hosts", MATCHES + "match: {plain: true}, " + PLAIN, "| a# {}; b# {}", ""),
        new Case(
            "sockets-of-localities",
            MATCHES + "match: {plain: true}, " + PLAIN,
            "# | a {}; b {}",
            ""),
        new Case("sockets-of-any", MATCHES + "match: {}, " + PLAIN, "| a {}; b {}", ""),
        new Case(
            "original-header",
            "type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: {use_http_header: true}",
            "",
            ""),
        new Case(
            "original-header-named",
            "type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: {use_http_header: true, http_header_name: x-to}",
            "",
            ""),
        new Case(
            "original-header-wrong",
            "type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: {use_http_header: true, http_header_name: x-key}",
            "",
            ""),
        new Case("original-none", "type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED", "", ""),
        new Case("nobody", "lb_policy: ROUND_ROBIN", "|", ""),
        new Case("draining", "lb_policy: ROUND_ROBIN", "| a~ {}; b~ {}; c {}", ""),
        new Case(
            "previous-hosts",
            "lb_policy: ROUND_ROBIN",
            "| x {}; a {}",
            retry(hostPredicate("previous_hosts.v3.PreviousHostsPredicate", ""))),
        new Case(
            "previous-hosts-maglev",
            "lb_policy: MAGLEV",
            "| x {}; a {}",
            retry(hostPredicate("previous_hosts.v3.PreviousHostsPredicate", ""))
                + ", hash_policy: [{header: {header_name: x-key}}]"),
        new Case(
            "previous-hosts-ring",
            "lb_policy: RING_HASH",
            "| x {}; a {}",
            retry(hostPredicate("previous_hosts.v3.PreviousHostsPredicate", ""))
                + ", hash_policy: [{header: {header_name: x-key}}]"),
        new Case(
            "omit-canaries",
            "lb_policy: ROUND_ROBIN",
            "| x {}; a {canary: true}; b {}",
            retry(hostPredicate("omit_canary_hosts.v3.OmitCanaryHostsPredicate", ""))),
        new Case(
            "omit-metadata",
            "lb_policy: ROUND_ROBIN",
            "| x {}; a {stage: dev}; b {}",
            retry(
                hostPredicate(
                    "omit_host_metadata.v3.OmitHostMetadataConfig",
                    ", metadata_match: {filter_metadata: {envoy.lb: {stage: dev}}}"))),
        new Case(
            "previous-priorities",
            "lb_policy: ROUND_ROBIN",
            "| x {} / priority: 1 | a {} / priority: 2 | b {}",
            retry(PRIORITIES)),
        new Case(
            "same-priority",
            "lb_policy: ROUND_ROBIN",
            "| x {} / priority: 1 | a {}",
            retry("retriable_status_codes: [404]")));
  }

  private HostScene() {}

  /**
   * A bootstrap.
   *
   * @param ports of the hosts by name
   */
  static String bootstrap(Map<String, Integer> ports) {
    return """
        node: {id: node, cluster: cluster, locality: {zone: here}}
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        cluster_manager: {local_cluster_name: proxies}
        static_resources:
          listeners:
          - name: ingress
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  delayed_close_timeout: 0s
                  route_config:
                    name: routes
                    virtual_hosts:
                    - name: all
                      domains: ["*"]
                      include_attempt_count_in_response: true
                      routes:
                      - match: {prefix: /weighted/}
                        route:
                          metadata_match: {filter_metadata: {envoy.lb: {version: "1", stage: prod}}}
                          weighted_clusters: {clusters: [{name: two-keys, weight: 1, metadata_match: {filter_metadata: {envoy.lb: {stage: dev}}}}]}
        %s
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          clusters:
          - {name: proxies, type: STATIC, load_assignment: {cluster_name: proxies, endpoints: [%s, %s]}}
        %s
        """
        .formatted(
            cases().stream()
                .map(
                    c ->
                        "- {match: {prefix: /%s/}, route: {cluster: %s%s}}"
                            .formatted(
                                c.name, c.name, c.route.isEmpty() ? "" : ", " + c.route.strip()))
                .map(route -> route.indent(14))
                .collect(Collectors.joining()),
            locality("zone: here | a {}", ports),
            locality("zone: there | b {}", ports),
            cases().stream().map(c -> cluster(c, ports)).collect(Collectors.joining()));
  }

  private static String cluster(Case c, Map<String, Integer> ports) {
    if (c.hosts.isEmpty()) {
      return "  - {name: %s, %s}\n".formatted(c.name, c.cluster);
    }
    return "  - {name: %s, type: STATIC, connect_timeout: 2s, %s, load_assignment: {cluster_name: %s, endpoints: [%s]}}\n"
        .formatted(
            c.name,
            c.cluster.strip(),
            c.name,
            List.of(c.hosts.strip().split(" / ")).stream()
                .map(each -> locality(each, ports))
                .collect(Collectors.joining(", ")));
  }

  private static String locality(String text, Map<String, Integer> ports) {
    String place = text.substring(0, text.indexOf('|')).strip();
    String hosts = text.substring(text.indexOf('|') + 1).strip();
    String more = "";
    if (place.startsWith("priority")) {
      more = place + ", ";
    } else if (place.equals("#")) {
      more = "metadata: {filter_metadata: {" + PLAIN_HOST + "}}, ";
    } else if (!place.isEmpty()) {
      int weight = place.indexOf(", weight: ");
      more =
          "locality: {%s}, ".formatted(weight < 0 ? place : place.substring(0, weight))
              + (weight < 0 ? "" : "load_balancing_" + place.substring(weight + 2) + ", ");
    }
    return "{%slb_endpoints: [%s]}"
        .formatted(
            more,
            hosts.isEmpty()
                ? ""
                : List.of(hosts.split("; ")).stream()
                    .map(host -> endpoint(host, ports))
                    .collect(Collectors.joining(", ")));
  }

  // A name, an exclamation mark for a host that is unhealthy, a tilde for one that is draining or a
  // hash for one with plain sockets, and what is said of it.
  private static String endpoint(String host, Map<String, Integer> ports) {
    String health =
        host.charAt(1) == '!'
            ? "health_status: UNHEALTHY, "
            : host.charAt(1) == '~' ? "health_status: DRAINING, " : "";
    String matched = host.charAt(1) == '#' ? ", " + PLAIN_HOST : "";
    return "{%smetadata: {filter_metadata: {envoy.lb: %s%s}}, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}"
        .formatted(
            health, host.substring(host.indexOf('{')), matched, ports.get(host.substring(0, 1)));
  }
}
