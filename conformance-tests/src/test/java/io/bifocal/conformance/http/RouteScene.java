package io.bifocal.conformance.http;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;

/** One table of routes and the requests that are asked of it. */
final class RouteScene {
  private RouteScene() {}

  /** Clusters a, b and one of one host each; ring, murmur and maglev of all. */
  static String bootstrap(List<InetSocketAddress> upstreams, String table) {
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        layered_runtime:
          layers:
          - name: static
            static_layer: {split.a: 0, split.b: 100, share.off: {numerator: 0}, share.on: {numerator: 100}}
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
                  generate_request_id: false
                  route_config:
        %s
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          clusters:
        """
            .formatted(table.indent(12))
        + cluster("a", "ROUND_ROBIN", upstreams.subList(0, 1), "")
        + cluster("b", "ROUND_ROBIN", upstreams.subList(1, 2), "")
        + cluster("ring", "RING_HASH", upstreams, "")
        + cluster("one", "RING_HASH", upstreams.subList(2, 3), "")
        + cluster(
            "murmur",
            "RING_HASH",
            upstreams,
            ", ring_hash_lb_config: {hash_function: MURMUR_HASH_2}")
        + cluster("maglev", "MAGLEV", upstreams, "");
  }

  private static String cluster(
      String name, String policy, List<InetSocketAddress> upstreams, String more) {
    String endpoints =
        upstreams.stream()
            .map(
                upstream ->
                    "{load_balancing_weight: %d, endpoint: {hostname: h%d.test, address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}"
                        .formatted(
                            upstreams.indexOf(upstream) % 2 + 1,
                            upstreams.indexOf(upstream),
                            upstream.getPort()))
            .collect(Collectors.joining(", "));
    return "  - {name: %s, type: STATIC, connect_timeout: 5s, lb_policy: %s, load_assignment: {cluster_name: %s, endpoints: [{lb_endpoints: [%s]}]}%s}\n"
        .formatted(name, policy, name, endpoints, more);
  }

  static final String TABLE =
      """
      name: routes
      validate_clusters: false
      internal_only_headers: [x-secret]
      response_headers_to_add:
      - {header: {key: x-to, value: "%UPSTREAM_CLUSTER%"}}
      - {header: {key: x-route, value: "%ROUTE_NAME%"}}
      - {header: {key: x-level, value: table}, append_action: APPEND_IF_EXISTS_OR_ADD}
      request_headers_to_add:
      - {header: {key: x-level, value: table}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}
      - {header: {key: x-empty, value: ""}}
      - {header: {key: x-kept, value: ""}, keep_empty_value: true}
      virtual_hosts:
      - name: domains
        domains: ["exact.test", "*.suffix.test", "*.longer.suffix.test", "prefix.*", "prefix.longer.*", "port.test:81"]
        routes:
        - {name: domains, match: {prefix: /}, direct_response: {status: 200, body: {inline_string: domains}}}
      - name: secured
        domains: ["tls.test"]
        require_tls: ALL
        routes: [{match: {prefix: /}, route: {cluster: a}}]
      - name: secured-outside
        domains: ["outside.test"]
        require_tls: EXTERNAL_ONLY
        routes: [{match: {prefix: /}, route: {cluster: a}}]
      - name: tree
        domains: ["tree.test"]
        matcher:
          matcher_tree:
            input:
              name: header
              typed_config: {"@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: version}
            exact_match_map:
              map:
                v1: {action: {name: route, typed_config: {"@type": type.googleapis.com/envoy.config.route.v3.Route, name: tree-v1, match: {prefix: /}, route: {cluster: a}}}}
                v2:
                  action:
                    name: routes
                    typed_config:
                      "@type": type.googleapis.com/envoy.config.route.v3.RouteList
                      routes:
                      - {name: tree-v2-x, match: {path: /x}, route: {cluster: a}}
                      - {name: tree-v2, match: {prefix: /y}, route: {cluster: b}}
          on_no_match: {action: {name: route, typed_config: {"@type": type.googleapis.com/envoy.config.route.v3.Route, name: tree-none, match: {prefix: /}, direct_response: {status: 418}}}}
      - name: counted
        domains: ["counted.test"]
        virtual_clusters:
        - {name: writes, headers: [{name: ":method", string_match: {exact: PUT}}]}
        - {name: items, headers: [{name: ":path", string_match: {prefix: /items}}]}
        routes:
        - {match: {prefix: /items}, stat_prefix: items, route: {cluster: a}}
        - {match: {prefix: /none}, stat_prefix: none, route: {cluster: nowhere}}
        - {match: {prefix: /}, direct_response: {status: 200}}
      - name: all
        domains: ["*"]
        include_request_attempt_count: true
        request_headers_to_add:
        - {header: {key: x-level, value: host}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}
        response_headers_to_add:
        - {header: {key: x-level, value: host}, append_action: APPEND_IF_EXISTS_OR_ADD}
        response_headers_to_remove: [x-removed]
        routes:
        - {name: exact, match: {path: /exact}, route: {cluster: a}}
        - {name: exact-any-case, match: {path: /Any, case_sensitive: false}, route: {cluster: a}}
        - {name: early-prefix, match: {prefix: /order/a}, route: {cluster: a}}
        - {name: late-exact, match: {path: /order/abc}, route: {cluster: b}}
        - {name: late-prefix, match: {prefix: /order}, route: {cluster: b}}
        - {name: separated, match: {path_separated_prefix: /sep}, route: {cluster: a, prefix_rewrite: /new}}
        - {name: regex, match: {safe_regex: {regex: "/re/[0-9]+"}}, route: {cluster: a}}
        - {name: regex-choice, match: {safe_regex: {regex: "/(foo|bar)/.*"}}, route: {cluster: b}}
        - {name: template, match: {path_match_policy: {name: t, typed_config: {"@type": type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, path_template: "/t/{user}/items/{rest=**}"}}}, route: {cluster: a, path_rewrite_policy: {name: r, typed_config: {"@type": type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig, path_template_rewrite: "/u/{rest}/of/{user}"}}}}
        - {name: template-glob, match: {path_match_policy: {name: t, typed_config: {"@type": type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, path_template: "/g/*/x/**.m3u8"}}}, route: {cluster: b}}
        - {name: method, match: {prefix: /h, headers: [{name: ":method", string_match: {exact: PUT}}]}, route: {cluster: a}}
        - {name: authority, match: {prefix: /h, headers: [{name: ":authority", string_match: {suffix: ".auth"}}]}, route: {cluster: a}}
        - {name: scheme, match: {prefix: /h/scheme, headers: [{name: ":scheme", string_match: {exact: https}}]}, route: {cluster: a}}
        - {name: h-exact, match: {prefix: /h/1, headers: [{name: x, string_match: {exact: a}}]}, route: {cluster: a}}
        - {name: h-ignore-case, match: {prefix: /h/2, headers: [{name: x, string_match: {contains: AbC, ignore_case: true}}]}, route: {cluster: a}}
        - {name: h-invert, match: {prefix: /h/3, headers: [{name: x, string_match: {exact: a}, invert_match: true}]}, route: {cluster: a}}
        - {name: h-missing-empty, match: {prefix: /h/4, headers: [{name: x, string_match: {exact: a}, invert_match: true, treat_missing_header_as_empty: true}]}, route: {cluster: a}}
        - {name: h-range, match: {prefix: /h/5, headers: [{name: x, range_match: {start: -5, end: 10}}]}, route: {cluster: a}}
        - {name: h-present, match: {prefix: /h/6, headers: [{name: x, present_match: true}]}, route: {cluster: a}}
        - {name: h-absent, match: {prefix: /h/7, headers: [{name: x, present_match: false}]}, route: {cluster: a}}
        - {name: h-absent-inverted, match: {prefix: /h/8, headers: [{name: x, present_match: false, invert_match: true}]}, route: {cluster: a}}
        - {name: h-regex, match: {prefix: /h/9, headers: [{name: x, string_match: {safe_regex: {regex: "a.c"}}}]}, route: {cluster: a}}
        - {name: h-range-inverted, match: {prefix: /h/a, headers: [{name: x, range_match: {start: 0, end: 10}, invert_match: true}]}, route: {cluster: a}}
        - {name: h-present-empty, match: {prefix: /h/b, headers: [{name: x, present_match: false, treat_missing_header_as_empty: true}]}, route: {cluster: a}}
        - {name: cookie, match: {prefix: /cookie, headers: [{name: cookie, string_match: {contains: "user=me"}}]}, route: {cluster: a}}
        - {name: query, match: {prefix: /q, query_parameters: [{name: a, string_match: {exact: "1"}}]}, route: {cluster: a}}
        - {name: query-present, match: {prefix: /q, query_parameters: [{name: b, present_match: true}]}, route: {cluster: b}}
        - {name: query-absent, match: {prefix: /qa, query_parameters: [{name: b, present_match: false}]}, route: {cluster: b}}
        - {name: grpc, match: {prefix: /grpc, grpc: {}}, route: {cluster: a}}
        - {name: share-off, match: {prefix: /share, runtime_fraction: {runtime_key: share.off, default_value: {numerator: 100}}}, route: {cluster: a}}
        - {name: share-on, match: {prefix: /share, runtime_fraction: {runtime_key: share.on, default_value: {numerator: 0}}}, route: {cluster: b}}
        - {name: tls-none, match: {prefix: /tls, tls_context: {presented: false}}, route: {cluster: a}}
        - {name: tls, match: {prefix: /tls, tls_context: {presented: true}}, route: {cluster: b}}
        - {name: metadata, match: {prefix: /metadata, dynamic_metadata: [{filter: f, path: [{key: k}], value: {present_match: true}}]}, route: {cluster: a}}
        - {name: metadata-inverted, match: {prefix: /metadata, dynamic_metadata: [{filter: f, path: [{key: k}], value: {string_match: {exact: a}}, invert: true}]}, route: {cluster: b}}
        - {name: filter-state, match: {prefix: /state, filter_state: [{key: k, string_match: {exact: a}}]}, route: {cluster: a}}
        - {name: by-header, match: {prefix: /by-header}, route: {cluster_header: x-cluster, cluster_not_found_response_code: NOT_FOUND}}
        - {name: not-found, match: {prefix: /not-found}, route: {cluster: nowhere, cluster_not_found_response_code: INTERNAL_SERVER_ERROR}}
        - {name: weighted-header, match: {prefix: /weighted-header}, route: {weighted_clusters: {header_name: x-random, clusters: [{name: a, weight: 30}, {name: b, weight: 70}]}}}
        - {name: weighted-runtime, match: {prefix: /weighted-runtime}, route: {weighted_clusters: {runtime_key_prefix: split, clusters: [{name: a, weight: 100}, {name: b, weight: 0}]}}}
        - name: weighted-changes
          match: {prefix: /weighted-changes}
          request_headers_to_add: [{header: {key: x-seen, value: "%REQ(:AUTHORITY)%"}}, {header: {key: x-level, value: route}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}]
          route:
            prefix_rewrite: /changed
            weighted_clusters:
              clusters:
              - name: a
                weight: 1
                host_rewrite_literal: weight.test
                request_headers_to_add: [{header: {key: x-level, value: weight}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}, {header: {key: x-weight, value: "1"}}]
                request_headers_to_remove: [x-gone]
                response_headers_to_add: [{header: {key: x-level, value: weight}, append_action: APPEND_IF_EXISTS_OR_ADD}]
        - {name: weighted-by-header, match: {prefix: /weighted-by-header}, route: {weighted_clusters: {clusters: [{cluster_header: x-cluster, weight: 1}]}}}
        - {name: non-forwarding, match: {prefix: /non-forwarding}, non_forwarding_action: {}}
        - {name: filter-action, match: {prefix: /filter-action}, filter_action: {}}
        - {name: direct, match: {prefix: /direct/body}, direct_response: {status: 403, body: {inline_string: "no, thank you"}}}
        - {name: direct-bytes, match: {prefix: /direct/bytes}, direct_response: {status: 200, body: {inline_bytes: aGVsbG8=}}}
        - {name: direct-bare, match: {prefix: /direct/bare}, direct_response: {status: 201}}
        - {name: direct-environment, match: {prefix: /direct/env}, direct_response: {status: 200, body: {environment_variable: HOME}}}
        - {name: redirect-https, match: {prefix: /r/https}, redirect: {https_redirect: true}}
        - {name: redirect-scheme, match: {prefix: /r/scheme}, redirect: {scheme_redirect: ftp, response_code: FOUND}}
        - {name: redirect-port, match: {prefix: /r/port}, redirect: {port_redirect: 8443, https_redirect: true}}
        - {name: redirect-host, match: {prefix: /r/host}, redirect: {host_redirect: other.test, response_code: SEE_OTHER}}
        - {name: redirect-host-port, match: {prefix: /r/hp}, redirect: {host_redirect: other.test, port_redirect: 1, response_code: PERMANENT_REDIRECT}}
        - {name: redirect-path, match: {prefix: /r/path}, redirect: {path_redirect: /elsewhere, response_code: TEMPORARY_REDIRECT}}
        - {name: redirect-path-query, match: {prefix: /r/pq}, redirect: {path_redirect: "/elsewhere?mine=1", strip_query: true}}
        - {name: redirect-path-strip, match: {prefix: /r/ps}, redirect: {path_redirect: /elsewhere, strip_query: true}}
        - {name: redirect-prefix, match: {prefix: /r/pre}, redirect: {prefix_rewrite: /new}}
        - {name: redirect-exact-prefix, match: {path: /R/Exact, case_sensitive: false}, redirect: {prefix_rewrite: /new}}
        - {name: redirect-regex, match: {prefix: /r/re}, redirect: {regex_rewrite: {pattern: {regex: "^/r/re/([^/]+)/(.*)$"}, substitution: "/\\\\2/\\\\1"}, strip_query: true}}
        - {name: redirect-regex-part, match: {prefix: /r/part}, redirect: {regex_rewrite: {pattern: {regex: "a"}, substitution: "b"}}}
        - {name: prefix-rewrite, match: {prefix: /w/prefix/}, route: {cluster: a, prefix_rewrite: /}}
        - {name: exact-rewrite, match: {path: /w/exact}, route: {cluster: a, prefix_rewrite: /n}}
        - {name: regex-path-rewrite, match: {safe_regex: {regex: "/w/re/.*"}}, route: {cluster: a, prefix_rewrite: /all}}
        - {name: regex-rewrite, match: {prefix: /w/regex}, route: {cluster: a, regex_rewrite: {pattern: {regex: "/([^/]+)$"}, substitution: "/<\\\\1>$1"}}}
        - {name: host-literal, match: {prefix: /w/host/literal}, route: {cluster: a, host_rewrite_literal: new.test, append_x_forwarded_host: true}}
        - {name: host-header, match: {prefix: /w/host/header}, route: {cluster: a, host_rewrite_header: x-host}}
        - {name: host-regex, match: {prefix: /w/host/regex}, route: {cluster: a, prefix_rewrite: /short, host_rewrite_path_regex: {pattern: {regex: "^/w/host/regex/([^/]+)/.*$"}, substitution: "\\\\1.test"}}}
        - {name: host-auto, match: {prefix: /w/host/auto}, route: {cluster: a, auto_host_rewrite: true, append_x_forwarded_host: true}}
        - name: changes
          match: {prefix: /changes}
          request_headers_to_remove: [x-gone, X-Upper]
          request_headers_to_add:
          - {header: {key: x-append, value: more}}
          - {header: {key: x-append, value: "%REQ(x-append)%!"}, append_action: APPEND_IF_EXISTS_OR_ADD}
          - {header: {key: x-absent, value: added}, append_action: ADD_IF_ABSENT}
          - {header: {key: x-there, value: added}, append_action: ADD_IF_ABSENT}
          - {header: {key: x-over, value: over}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}
          - {header: {key: x-over, value: under}, append_action: APPEND_IF_EXISTS_OR_ADD}
          - {header: {key: x-if, value: changed}, append_action: OVERWRITE_IF_EXISTS}
          - {header: {key: x-if-not, value: changed}, append_action: OVERWRITE_IF_EXISTS}
          - {header: {key: x-path, value: "%REQ(:PATH)% %REQ(:METHOD)% 100%%"}}
          - {header: {key: x-none, value: "%REQ(nothing)%"}}
          - {header: {key: x-level, value: route}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}
          response_headers_to_add:
          - {header: {key: x-level, value: route}, append_action: APPEND_IF_EXISTS_OR_ADD}
          - {header: {key: x-code, value: "%RESPONSE_CODE%"}}
          - {header: {key: x-removed, value: again}}
          response_headers_to_remove: [x-upstream]
          route: {cluster: a, prefix_rewrite: /done}
        - {name: timeout, match: {prefix: /timeout/1}, route: {cluster: a, timeout: 7s}}
        - {name: timeout-none, match: {prefix: /timeout/2}, route: {cluster: a, timeout: 0s}}
        - {name: timeout-stream, match: {prefix: /timeout/3}, route: {cluster: a, max_stream_duration: {max_stream_duration: 30s}}}
        - {name: timeout-stream-too, match: {prefix: /timeout/4}, route: {cluster: a, timeout: 9s, max_stream_duration: {max_stream_duration: 30s}}}
        - {name: hash-header, match: {prefix: /hash/header}, route: {cluster: ring, hash_policy: [{header: {header_name: x-key}}]}}
        - {name: hash-rewritten, match: {prefix: /hash/rewritten}, route: {cluster: ring, hash_policy: [{header: {header_name: x-key, regex_rewrite: {pattern: {regex: "-.*"}, substitution: ""}}}]}}
        - {name: hash-murmur, match: {prefix: /hash/murmur}, route: {cluster: murmur, hash_policy: [{header: {header_name: x-key}}]}}
        - {name: hash-maglev, match: {prefix: /hash/maglev}, route: {cluster: maglev, hash_policy: [{header: {header_name: x-key}}]}}
        - {name: hash-cookie, match: {prefix: /hash/cookie}, route: {cluster: ring, hash_policy: [{cookie: {name: sticky}}]}}
        - {name: hash-cookie-made, match: {prefix: /hash/made}, route: {cluster: one, hash_policy: [{cookie: {name: sticky, ttl: 60s, path: /p, attributes: [{name: SameSite, value: Lax}, {name: Secure}]}}]}}
        - {name: hash-cookie-session, match: {prefix: /hash/session}, route: {cluster: one, hash_policy: [{cookie: {name: sticky, ttl: 0s}}]}}
        - {name: hash-cookie-unused, match: {prefix: /hash/unused}, route: {cluster: a, hash_policy: [{cookie: {name: sticky, ttl: 60s}}]}}
        - {name: hash-source, match: {prefix: /hash/source}, route: {cluster: ring, hash_policy: [{connection_properties: {source_ip: true}}]}}
        - {name: hash-query, match: {prefix: /hash/query}, route: {cluster: maglev, hash_policy: [{query_parameter: {name: k}}]}}
        - {name: hash-both, match: {prefix: /hash/both}, route: {cluster: maglev, hash_policy: [{query_parameter: {name: k}}, {header: {header_name: x-key}}]}}
        - {name: hash-terminal, match: {prefix: /hash/terminal}, route: {cluster: maglev, hash_policy: [{query_parameter: {name: k}, terminal: true}, {header: {header_name: x-key}}]}}
        - {name: internal-only, match: {prefix: /internal}, route: {cluster: a}}
      """;

  /** Requests, one a line: method, authority, path, and headers after bars. */
  static final String REQUESTS =
      """
      GET exact.test /
      GET EXACT.test /
      GET exact.test:80 /
      GET a.suffix.test /
      GET suffix.test /
      GET a.longer.suffix.test /
      GET prefix.org /
      GET prefix.longer.org /
      GET port.test:81 /
      GET tls.test /a?b
      GET tls.test:80 /
      GET tls.test / | x-forwarded-proto: https
      GET outside.test /
      GET outside.test / | x-forwarded-proto: https
      GET tree.test /a | version: v1
      GET tree.test /x | version: v2
      GET tree.test /y/z | version: v2
      GET tree.test /z | version: v2
      GET tree.test /z
      PUT counted.test /items
      GET counted.test /items/1
      GET counted.test /none
      GET counted.test /other
      GET a /exact
      GET a /exact?q=1
      GET a /exact/
      GET a /EXACT
      GET a /aNY
      GET a /order/abc
      GET a /order/abd
      GET a /order/x
      GET a /sep
      GET a /sep/x?y
      GET a /separate
      GET a /re/12
      GET a /re/12?x=y
      GET a /re/12x
      GET a /foo/x
      GET a /t/me/items/a/b?q=1
      GET a /t/me/items/
      GET a /t/me/other
      GET a /g/1/x/a/b.m3u8
      GET a /g/1/2/x/a.m3u8
      PUT a /h
      GET a /h
      GET my.auth /h
      GET a /h/scheme | x-forwarded-proto: https
      GET a /h/scheme
      GET a /h/1 | x: a
      GET a /h/1 | x: b
      GET a /h/1 | x: a | x: b
      GET a /h/2 | x: xABCx
      GET a /h/3 | x: a
      GET a /h/3 | x: b
      GET a /h/3
      GET a /h/4
      GET a /h/4 | x: a
      GET a /h/5 | x: -5
      GET a /h/5 | x: 10
      GET a /h/5 | x: 9x
      GET a /h/5 | x: +7
      GET a /h/6 | x: a
      GET a /h/6
      GET a /h/7 | x: a
      GET a /h/7
      GET a /h/8 | x: a
      GET a /h/8
      GET a /h/9 | x: abc
      GET a /h/9 | x: abcd
      GET a /h/a | x: 11
      GET a /h/a | x: 5
      GET a /h/a
      GET a /h/b
      GET a /cookie | cookie: a=b; user=me
      GET a /q?a=1
      GET a /q?a=2&a=1
      GET a /q?x=1&a=1
      GET a /q?b
      GET a /q?b=
      GET a /q?c
      GET a /qa?c
      POST a /grpc | content-type: application/grpc
      POST a /grpc | content-type: application/grpc+proto
      POST a /grpc | content-type: application/grpc;x
      POST a /grpc | content-type: application/grpcx
      GET a /share
      GET a /tls
      GET a /metadata
      GET a /state
      GET a /by-header | x-cluster: b
      GET a /by-header
      GET a /by-header | x-cluster: nowhere
      GET a /not-found
      GET a /weighted-header | x-random: 29
      GET a /weighted-header | x-random: 30
      GET a /weighted-header | x-random: 129
      GET a /weighted-runtime
      GET a /weighted-changes/1 | x-gone: 1
      GET a /weighted-by-header | x-cluster: b
      GET a /non-forwarding
      GET a /filter-action
      GET a /direct/body
      HEAD a /direct/body
      GET a /direct/bytes
      GET a /direct/bare?q
      GET a /direct/env
      GET a /r/https?q=1
      GET a:80 /r/https
      GET a:81 /r/https
      GET a:443 /r/https | x-forwarded-proto: https
      GET a:80 /r/scheme
      GET a:80 /r/port
      GET [::1]:80 /r/port
      GET [::1] /r/https
      GET a:81 /r/host
      GET a:81 /r/hp?x
      GET a /r/path?q=1
      GET a /r/pq?q=1
      GET a /r/ps?q=1
      GET a /r/pre/x?q=1
      GET a /r/EXACT?q=1
      GET a /r/re/one/two?q=1
      GET a /r/part/banana?q=a
      GET a /w/prefix/x/y?q=/w/prefix/
      GET a /w/exact?q
      GET a /w/re/x?y
      GET a /w/regex/one?q=1
      GET a /w/regex/
      GET a:1 /w/host/literal
      GET a /w/host/literal | x-forwarded-host: a
      GET a /w/host/literal | x-forwarded-host: b
      GET a /w/host/header | x-host: h.test
      GET a /w/host/header
      GET a /w/host/regex/one/two?q
      GET a /w/host/regex/one
      GET a /w/host/auto
      GET a /changes?q | x-gone: 1 | x-upper: 1 | x-append: first | x-there: mine | x-over: old | x-if: old
      GET a /timeout/1
      GET a /timeout/2
      GET a /timeout/3
      GET a /timeout/4
      GET a /hash/header | x-key: one
      GET a /hash/header | x-key: two
      GET a /hash/header | x-key: three
      GET a /hash/header | x-key: four
      GET a /hash/header | x-key: five
      GET a /hash/header | x-key: one | x-key: two
      GET a /hash/header | x-key: two | x-key: one
      GET a /hash/rewritten | x-key: one-a
      GET a /hash/rewritten | x-key: two-b
      GET a /hash/murmur | x-key: one
      GET a /hash/murmur | x-key: two
      GET a /hash/murmur | x-key: a-rather-long-key-of-many-bytes
      GET a /hash/maglev | x-key: one
      GET a /hash/maglev | x-key: two
      GET a /hash/maglev | x-key: a-rather-long-key-of-more-than-thirty-two-bytes
      GET a /hash/cookie | cookie: sticky=one
      GET a /hash/cookie | cookie: a=b; sticky="two"
      GET a /hash/made
      GET a /hash/made | cookie: sticky=mine
      GET a /hash/session
      GET a /hash/unused
      GET a /hash/source
      GET a /hash/query?k=1
      GET a /hash/query?k=2
      GET a /hash/query?a=b&k=a%20b
      GET a /hash/both?k=1 | x-key: one
      GET a /hash/both?k=1
      GET a /hash/both | x-key: one
      GET a /hash/terminal?k=1 | x-key: one
      GET a /hash/terminal | x-key: one
      GET a /internal | x-secret: 1
      GET a /nothing
      OPTIONS a /exact
      DELETE a /exact
      """;
}
