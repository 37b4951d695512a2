package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a connection manager does to requests, answers and logs, field by field: the client, the
 * upstream and the access log see the same of both proxies.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@LongRun
class ManagersBesideEnvoyTest {
  private static final String EXTENSION = "\"@type\": type.googleapis.com/envoy.extensions.";
  private static final String INTERNAL =
      "internal_address_config: {cidr_ranges: [{address_prefix: 127.0.0.0, prefix_len: 8},"
          + " {address_prefix: 10.0.0.0, prefix_len: 8}]}";

  private static final Map<String, String> MANAGERS = new HashMap<>();
  private static final List<Case> CASES = new ArrayList<>();

  @RegisterExtension static final Sides<ManagerSide> SIDES = new Sides<>(ManagerSide.of(MANAGERS));

  /**
   * One request.
   *
   * @param lines how many lines of the access log tell of it
   */
  record Case(String listener, String bytes, int lines) {
    @Override
    public String toString() {
      return listener + ": " + bytes.replace("\r\n", " | ");
    }
  }

  private static void manager(String listener, String fields) {
    MANAGERS.put(listener, fields);
  }

  private static void get(String listener, String path, String... headers) {
    request(listener, "GET", path, "a.example", headers);
  }

  private static void request(
      String listener, String method, String path, String host, String... headers) {
    StringBuilder bytes = new StringBuilder(method + " " + path + " HTTP/1.1\r\nhost: " + host);
    for (String header : headers) {
      bytes.append("\r\n").append(header);
    }
    CASES.add(new Case(listener, bytes + "\r\nconnection: close\r\n\r\n", 1));
  }

  private static final String[] COMMANDS = {
    "x-envoy-internal: 1",
    "x-envoy-ip-tags: 1",
    "x-envoy-original-url: 1",
    "x-envoy-decorator-operation: 1",
    "x-envoy-downstream-service-cluster: 1",
    "x-envoy-downstream-service-node: 1",
    "x-envoy-original-path: 1",
    "x-envoy-original-host: 1",
    "x-envoy-external-address: 1",
    "x-envoy-attempt-count: 1",
    "x-forwarded-client-cert: Hash=1",
    "x-forwarded-host: 1",
    "x-envoy-force-trace: 1",
  };

  private static final String[] FORWARDED = {
    "1.2.3.4",
    "10.1.1.1",
    "10.1.1.1, 1.2.3.4",
    "1.1.1.1,2.2.2.2,10.3.3.3",
    "no address",
    "::1",
    "1.2.3.4:80",
  };

  private static void clients() {
    manager("plain", "");
    manager("edge", "use_remote_address: true");
    manager("edge_inside", "use_remote_address: true, " + INTERNAL);
    manager("inside", INTERNAL);
    manager("edge_hop", "use_remote_address: true, xff_num_trusted_hops: 1");
    manager("edge_hops", "use_remote_address: true, xff_num_trusted_hops: 2");
    manager("hop", "xff_num_trusted_hops: 1");
    manager("silent_edge", "use_remote_address: true, skip_xff_append: true");
    manager(
        "told_by_proxies",
        "original_ip_detection_extensions: [{name: x, typed_config: {%shttp.original_ip_detection.xff.v3.XffConfig, xff_trusted_cidrs: {cidrs: [{address_prefix: 127.0.0.0, prefix_len: 8}, {address_prefix: 10.0.0.0, prefix_len: 8}]}, skip_xff_append: false}}]"
            .formatted(EXTENSION));
    List<String> managers =
        List.of(
            "plain",
            "edge",
            "edge_inside",
            "inside",
            "edge_hop",
            "edge_hops",
            "hop",
            "silent_edge",
            "told_by_proxies");
    for (String manager : managers) {
      get(manager, "/");
      get(manager, "/", COMMANDS);
      for (String forwarded : FORWARDED) {
        get(manager, "/", "x-forwarded-for: " + forwarded, "x-forwarded-proto: https");
      }
      get(manager, "/", "x-forwarded-for: 1.1.1.1", "x-forwarded-for: 2.2.2.2");
      get(manager, "/", "x-request-id: mine", "x-forwarded-proto: gopher");
    }
    String header =
        "original_ip_detection_extensions: [{name: x, typed_config: {%shttp.original_ip_detection.custom_header.v3.CustomHeaderConfig, header_name: x-client%s}}]";
    manager(
        "told",
        header.formatted(
                EXTENSION,
                ", allow_extension_to_set_address_as_trusted: true, reject_with_status: {code:"
                    + " Unauthorized}")
            + ", "
            + INTERNAL);
    manager("told_or_not", header.formatted(EXTENSION, ""));
    for (String manager : List.of("told", "told_or_not")) {
      get(manager, "/");
      get(manager, "/", "x-client: 10.1.2.3");
      get(manager, "/", "x-client: 1.2.3.4");
      get(manager, "/", "x-client: nobody");
    }
  }

  private static void headers() {
    manager("via", "via: a proxy, add_user_agent: true");
    get("via", "/");
    get("via", "/", "via: 1.1 another", "user-agent: curl", "x-answer: via: 1.1 upstream");
    manager("port", "append_x_forwarded_port: true, use_remote_address: true");
    manager("told_port", "append_x_forwarded_port: true");
    for (String manager : List.of("port", "told_port")) {
      get(manager, "/");
      get(manager, "/", "x-forwarded-port: 99");
    }
    manager("scheme", "scheme_header_transformation: {scheme_to_overwrite: https}");
    get("scheme", "/");
    get("scheme", "/moved", "x-forwarded-proto: http");
    manager("id", "always_set_request_id_in_response: true");
    get("id", "/", "x-request-id: mine", "x-answer: x-request-id: yours");
    manager("kept_id", "use_remote_address: true, preserve_external_request_id: true");
    get("kept_id", "/", "x-request-id: mine");
    manager(
        "early",
        "early_header_mutation_extensions: [{name: x, typed_config: {%shttp.early_header_mutation.header_mutation.v3.HeaderMutation, mutations: [{append: {header: {key: x-early, value: \"%%REQ(:PATH)%%\"}}}, {remove: x-gone}, {append: {header: {key: x-forwarded-for, value: 9.9.9.9}}}]}}]"
            .formatted(EXTENSION));
    get("early", "/p?q=1", "x-gone: 1");
    manager("passing_server", "server_header_transformation: PASS_THROUGH");
    manager("absent_server", "server_header_transformation: APPEND_IF_ABSENT, server_name: me");
    for (String manager : List.of("passing_server", "absent_server")) {
      get(manager, "/");
      get(manager, "/direct");
      get(manager, "/", "x-answer: server: theirs|date: then");
    }
    manager(
        "rejected_underscores",
        "common_http_protocol_options: {headers_with_underscores_action: REJECT_REQUEST}");
    manager(
        "dropped_underscores",
        "common_http_protocol_options: {headers_with_underscores_action: DROP_HEADER}");
    for (String manager : List.of("rejected_underscores", "dropped_underscores", "plain")) {
      get(manager, "/", "a_b: 1", "c: 2");
    }
    manager(
        "small", "common_http_protocol_options: {max_headers_count: 4}, max_request_headers_kb: 1");
    get("small", "/", "a: 1", "b: 2");
    get("small", "/", "a: 1", "b: 2", "c: 3");
    get("small", "/", "a: " + "a".repeat(2000));
  }

  private static void spellings() {
    manager("own_port", "strip_matching_host_port: true");
    manager("any_port", "strip_any_host_port: true");
    manager("dot", "strip_trailing_host_dot: true");
    manager("dot_and_port", "strip_trailing_host_dot: true, strip_any_host_port: true");
    for (String manager : List.of("own_port", "any_port", "dot", "dot_and_port")) {
      for (String host :
          List.of(
              "a.example",
              "a.example:99",
              "a.example:",
              "a.example.",
              "a.example.:99",
              "[::1]:99",
              "[::1]",
              "a.example:b")) {
        request(manager, "GET", "/", host);
      }
    }
    String normal = ", normalize_path: true, merge_slashes: true";
    String slashes = "path_with_escaped_slashes_action: ";
    manager("normal", normal.substring(2));
    for (String action :
        List.of("REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD")) {
      manager(action, slashes + action);
      manager(action + "_NORMAL", slashes + action + normal);
    }
    String operations = "{operations: [{normalize_path_rfc_3986: {}}, {merge_slashes: {}}]}";
    String transformed =
        "path_normalization_options: {forwarding_transformation: %1$s, http_filter_transformation: %1$s}"
            .formatted(operations);
    manager("transformed", transformed);
    manager("transformed_normal", transformed + normal);
    for (Map.Entry<String, String> manager : MANAGERS.entrySet()) {
      if (manager.getValue().contains(slashes)
          || manager.getValue().contains(operations)
          || manager.getKey().equals("normal")) {
        for (String path :
            List.of(
                "/a%2fb",
                "/a%2Fb?x=%2f",
                "/a%5cb",
                "/a/..%2f/b",
                "/a//b%2f%2fc",
                "/%2e%2e/b",
                "/a\\b",
                "/a%00b",
                "/a/b/../c?q=/../",
                "/a?%2f")) {
          get(manager.getKey(), path);
        }
      }
    }
  }

  private static void answersOfItsOwn() {
    manager("status", "proxy_status_config: {literal_proxy_name: me}");
    manager("plain_status", "proxy_status_config: {}, server_name: me");
    manager(
        "short_status",
        "proxy_status_config: {use_node_id: true, remove_details: true,"
            + " set_recommended_response_code: true}");
    manager(
        "flagless_status",
        "proxy_status_config: {remove_response_flags: true, remove_connection_termination_details:"
            + " true}");
    manager(
        "mapped",
        """
        local_reply_config: {mappers: [
          {filter: {status_code_filter: {comparison: {op: EQ, value: {default_value: 418, runtime_key: k}}}},
           status_code: 410, body: {inline_string: "gone\\n"},
           headers_to_add: [{header: {key: x-a, value: "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%"}}, {header: {key: x-a, value: two}}]},
          {filter: {response_flag_filter: {flags: [UF]}},
           body_format_override: {json_format: {code: "%RESPONSE_CODE%", body: "%LOCAL_REPLY_BODY%", none: "%RESP(x-none)%"}}},
          {filter: {header_filter: {header: {name: x-html, present_match: true}}},
           body_format_override: {text_format_source: {inline_string: "<%LOCAL_REPLY_BODY%> %RESPONSE_CODE%"}, content_type: text/html}},
          {filter: {status_code_filter: {comparison: {op: EQ, value: {default_value: 301, runtime_key: k}}}}, status_code: 302}]}
        """
            .replace("\n", " "));
    manager(
        "text",
        "local_reply_config: {body_format: {text_format: \"%LOCAL_REPLY_BODY% and"
            + " %RESPONSE_FLAGS%\"}}");
    manager(
        "json",
        "local_reply_config: {body_format: {json_format: {m: \"%LOCAL_REPLY_BODY%\", s:"
            + " \"%RESPONSE_CODE%\", f: \"%RESPONSE_FLAGS%\", n: {z: \"a %PROTOCOL%\"}},"
            + " content_type: application/problem+json}}");
    for (String manager :
        List.of(
            "plain",
            "status",
            "plain_status",
            "short_status",
            "flagless_status",
            "mapped",
            "text",
            "json")) {
      for (String path : List.of("/none", "/dead", "/direct", "/moved", "/", "/?a=1&b=2")) {
        get(manager, path);
      }
      get(manager, "/none", "x-html: 1");
      get(manager, "/", "x-answer: none");
      request(manager, "HEAD", "/direct", "a.example");
      request(manager, "POST", "/none", "a.example", "content-type: application/grpc");
      request(manager, "POST", "/direct", "a.example", "content-type: application/grpc+proto");
      CASES.add(new Case(manager, "GET / HTTP/1.1\r\n\r\n", 1));
      CASES.add(new Case(manager, "NO REQUEST\r\n\r\n", 1));
    }
  }

  static Stream<Case> cases() {
    return CASES.stream();
  }

  static {
    clients();
    headers();
    spellings();
    answersOfItsOwn();
    manager("slow_head", "request_headers_timeout: 0.2s, delayed_close_timeout: 0.1s");
    manager("slow_request", "request_timeout: 0.2s, delayed_close_timeout: 0.1s");
    manager("slow_stream", "stream_idle_timeout: 0.2s, delayed_close_timeout: 0.1s");
    manager(
        "long_stream",
        "common_http_protocol_options: {max_stream_duration: 0.2s}, delayed_close_timeout: 0.1s");
    manager("logged_at_once", "access_log_options: {flush_access_log_on_new_request: true}");
    String half = "POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 10\r\n\r\nabc";
    CASES.add(new Case("slow_head", "GET / HTTP/1.1\r\nho", 1));
    CASES.add(new Case("slow_request", half, 1));
    CASES.add(new Case("slow_request", "GET /", 1));
    CASES.add(new Case("slow_stream", half, 1));
    CASES.add(new Case("slow_stream", "GET /", 1));
    CASES.add(new Case("long_stream", half, 1));
    CASES.add(
        new Case(
            "logged_at_once",
            "GET /x HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n",
            2));
  }

  @Order(1)
  @ParameterizedTest
  @MethodSource("cases")
  void everyoneSeesTheSame(Case request) {
    SideBySide.Both<ManagerSide.Outcome> seen =
        SIDES.ask(side -> side.send(request.listener, request.bytes, request.lines));

    assertThat(seen.bifocal()).isEqualTo(seen.envoy());
  }

  @Order(2) // of what was asked before
  @Test
  void whatRanOutIsCounted() {
    for (String statistic :
        List.of(
            "http.slow_head.downstream_rq_header_timeout",
            "http.slow_request.downstream_rq_timeout",
            "http.slow_stream.downstream_rq_idle_timeout",
            "http.long_stream.downstream_rq_max_duration_reached",
            "http.told.downstream_rq_rejected_via_ip_detection",
            "http.REJECT_REQUEST.downstream_rq_failed_path_normalization",
            "http.UNESCAPE_AND_REDIRECT.downstream_rq_redirected_with_normalized_path",
            "http1.requests_rejected_with_underscores_in_headers",
            "http1.dropped_headers_with_underscores")) {
      await(statistic)
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () -> {
                SideBySide.Both<Boolean> there =
                    SIDES.ask(side -> side.proxy().stats().containsKey(statistic));
                assertThat(there).isEqualTo(new SideBySide.Both<>(true, true));
              });
    }
  }
}
