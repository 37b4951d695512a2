package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Filters before the router, over real sockets. */
@Timeout(30)
class FiltersTest {
  private static final String MUTATION =
      "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
  private static final String DIRECT =
      "[{name: r, match: {prefix: /}, direct_response: {status: 200, body: {inline_string: ok}}}]";
  private static final String DISCOVERED =
      """
      - name: ext
        config_discovery:
          config_source: {ads: {}}
          type_urls: [%s]
      """
          .formatted(MUTATION);

  private final HttpBench bench = new HttpBench();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  /** A manager with these filters before the router. */
  private static HttpConnectionManager manager(String filters, String routes)
      throws ConfigException {
    String router =
        """
        http_filters:
        - name: router
        """;
    return HttpBench.read(
        HttpBench.text(routes, "")
            .replace(router, "http_filters:\n" + filters + "- name: router\n"));
  }

  private static String mutation(String name, String more, String value) {
    return """
    - name: %s
      %s
      typed_config:
        "@type": %s
        mutations:
          request_mutations:
          - append: {header: {key: x-request, value: "%s"}}
          response_mutations:
          - append: {header: {key: x-answer, value: "%s"}}
    """
        .formatted(name, more, MUTATION, value, value);
  }

  private static String overriding(String filter, String config) {
    return DIRECT.replace(
        "}}}]", "}}, typed_per_filter_config: {" + filter + ": " + config + "}}]");
  }

  private static String perRoute(String value) {
    return """
        {"@type": %sPerRoute, mutations: {response_mutations: [{append: {header: {key: x-answer, value: %s}}}]}}"""
        .formatted(MUTATION, value);
  }

  private static String wrapped(String fields) {
    return "{\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, " + fields + "}";
  }

  private String get() throws Exception {
    return bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  private StreamInfo logged() throws InterruptedException {
    StreamInfo info = bench.logged.poll(20, TimeUnit.SECONDS);
    assertThat(info).as("an access log entry").isNotNull();
    return info;
  }

  @Test
  void bothMessagesPassTheFilters() throws Exception {
    bench.upstream(
        peer -> {
          String seen = peer.head().contains("x-request: 1\r\nx-request: 2\r\n") ? "yes" : "no";
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-seen: " + seen + "\r\n\r\n");
          peer.head();
        });
    bench.serve(
        manager(
            mutation("one", "", "1") + mutation("two", "", "2"),
            "[{match: {prefix: /}, route: {cluster: up}}]"));

    assertThat(get()).contains("x-seen: yes\r\n").contains("x-answer: 2\r\nx-answer: 1\r\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "on | '' | 1",
        "on | route | 1,r",
        "on | disabled | ''",
        "on | empty | 1",
        "on | wrapped | 1,r",
        "off | '' | ''",
        "off | empty | 1",
        "off | route | 1,r",
      })
  void aRouteHasItsSay(String filter, String said, String expected) throws Exception {
    String routes =
        switch (said) {
          case "route" -> overriding("hm", perRoute("r"));
          case "disabled" -> overriding("hm", wrapped("disabled: true"));
          case "empty" -> overriding("hm", wrapped("config: {}"));
          case "wrapped" -> overriding("hm", wrapped("config: " + perRoute("r")));
          default -> DIRECT;
        };
    bench.serve(manager(mutation("hm", filter.equals("off") ? "disabled: true" : "", "1"), routes));
    String answer = get();
    assertThat(
            String.join(
                ",",
                answer
                    .lines()
                    .filter(line -> line.startsWith("x-answer: "))
                    .map(line -> line.substring(10))
                    .toList()))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"@type\": type.googleapis.com/envoy.config.core.v3.Address} | Didn't find a registered"
            + " implementation for 'hm' with type URL: 'envoy.config.core.v3.Address'",
        "{\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig} | Empty route/virtual"
            + " host per filter configuration for hm filter",
      })
  void whatARouteCannotSayIsRefused(String config, String reason) {
    assertThatThrownBy(
            () -> bench.serve(manager(mutation("hm", "", "1"), overriding("hm", config))))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"@type\": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy}",
        "{\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, is_optional: true,"
            + " config: {\"@type\": type.googleapis.com/envoy.config.core.v3.Address}}",
      })
  void whatNoFilterHereWouldReadIsLeftOut(String config) throws Exception {
    bench.serve(manager(mutation("hm", "", "1"), overriding("other", config)));
    assertThat(get()).startsWith("HTTP/1.1 200 OK").contains("x-answer: 1\r\n");
  }

  @Test
  void filtersThatCannotBeAreRefused() {
    String unknown =
        "- {name: f, typed_config: {\"@type\": type.googleapis.com/envoy.config.core.v3.Address}}\n";
    assertThatThrownBy(() -> bench.serve(manager(unknown, DIRECT)))
        .hasMessage(
            "Didn't find a registered implementation for 'f' with type URL:"
                + " 'envoy.config.core.v3.Address'");
    assertThatThrownBy(
            () -> bench.serve(manager(unknown, DIRECT).toBuilder().removeHttpFilters(1).build()))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(
            () ->
                bench.serve(
                    manager(mutation("hm", "", "1"), DIRECT).toBuilder()
                        .removeHttpFilters(1)
                        .build()))
        .hasMessage(
            "Error: non-terminal filter named hm of type envoy.filters.http.header_mutation is the"
                + " last filter in a http filter chain.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          B      | Error: non-terminal filter named b of type envoy.filters.http.buffer is the last filter in a http upgrade filter chain.
          R, B   | Error: terminal filter named router of type envoy.filters.http.router must be the last filter in a http upgrade filter chain.
          OFF    | Error: the last (terminal) filter (router) in the chain cannot be disabled by default.
          X, R   | Didn't find a registered implementation for 'x' with type URL: 'envoy.config.core.v3.Address'
          QUIET  | http_connection_manager 'p'.upgrade_configs[0].filters 'router': not supported when it differs from the connection manager's own router
          """)
  void filtersOfUpgradesThatCannotBeAreRefused(String filters, String reason) {
    String router =
        "{name: router, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.filters.http.router.v3.Router%s}%s}";
    String all =
        filters
            .replaceAll("\\bR\\b", router.formatted("", ""))
            .replace("OFF", router.formatted("", ", disabled: true"))
            .replace("QUIET", router.formatted(", suppress_envoy_headers: true", ""))
            .replaceAll(
                "\\bB\\b",
                "{name: b, typed_config: {\"@type\":"
                    + " type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer,"
                    + " max_request_bytes: 9}}")
            .replaceAll(
                "\\bX\\b",
                "{name: x, typed_config: {\"@type\":"
                    + " type.googleapis.com/envoy.config.core.v3.Address}}");
    assertThatThrownBy(
            () ->
                bench.serve(
                    HttpBench.read(
                        HttpBench.text(DIRECT, "")
                            + "upgrade_configs: [{upgrade_type: u, filters: [%s]}]\n"
                                .formatted(all))))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @Test
  void anOptionalFilterThatIsUnknownIsLeftOut() throws Exception {
    bench.serve(
        manager(
            "- {name: f, is_optional: true, typed_config: {\"@type\":"
                + " type.googleapis.com/envoy.config.core.v3.Address}}\n",
            DIRECT));
    assertThat(get()).startsWith("HTTP/1.1 200 OK");
  }

  private static String buffer(int bytes) {
    return "- {name: b, typed_config: {\"@type\":"
        + " type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer,"
        + " max_request_bytes: "
        + bytes
        + "}}\n";
  }

  @Test
  void aBufferedRequestGoesOnWholeWithItsLength() throws Exception {
    bench.upstream(
        peer -> {
          String head = peer.head();
          peer.send(
              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-length: "
                  + head.contains("content-length: 5\r\n")
                  + "\r\n\r\n");
          peer.head();
        });
    bench.serve(manager(buffer(5), "[{match: {prefix: /}, route: {cluster: up}}]"));
    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    client.send("2\r\nde\r\n0\r\n\r\n");
    assertThat(client.message()).contains("x-length: true\r\n");
  }

  @Test
  void aRequestThatIsTooLargeIsAnswered() throws Exception {
    bench.serve(manager(mutation("hm", "", "1") + buffer(5), DIRECT));
    String answer = bench.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcdef");
    assertThat(answer)
        .startsWith("HTTP/1.1 413 ")
        .contains("x-answer: 1\r\n")
        .endsWith("Payload Too Large");
    assertThat(logged().responseCodeDetails).isEqualTo("request_payload_too_large");
    assertThat(bench.counter("http.p.downstream_rq_too_large")).isEqualTo(1);
  }

  // ---- discovered configurations

  private static TypedExtensionConfig discovered(String value) {
    var mutation =
        io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation.newBuilder()
            .setAppend(
                HeaderValueOption.newBuilder()
                    .setHeader(HeaderValue.newBuilder().setKey("x-answer").setValue(value)));
    return extension(
        HeaderMutation.newBuilder()
            .setMutations(Mutations.newBuilder().addResponseMutations(mutation))
            .build());
  }

  private static TypedExtensionConfig extension(com.google.protobuf.Message config) {
    return TypedExtensionConfig.newBuilder()
        .setName("ext")
        .setTypedConfig(Any.pack(config))
        .build();
  }

  @Test
  void aDiscoveredFilterIsWaitedForAndChangesWithoutANewListener() throws Exception {
    bench.serve(manager(DISCOVERED, DIRECT));
    assertThat(bench.init.unready()).containsExactly("FilterConfigSubscription init ext");
    assertThat(get()).startsWith("HTTP/1.1 500 ");
    StreamInfo missing = logged();
    assertThat(missing.has(ResponseFlag.NO_FILTER_CONFIG_FOUND)).isTrue();
    assertThat(missing.responseCodeDetails).isEmpty();

    bench.xds.respond(ResourceType.EXTENSION_CONFIG, "1", discovered("1"));
    assertThat(bench.init.unready()).isEmpty();
    assertThat(get()).contains("x-answer: 1\r\n");

    bench.xds.respond(ResourceType.EXTENSION_CONFIG, "2", discovered("2"));
    assertThat(get()).contains("x-answer: 2\r\n");
  }

  @Test
  void aDiscoveredFilterOfAnotherTypeIsRefusedAndWhatWasGoodStays() throws Exception {
    bench.serve(manager(DISCOVERED, DIRECT));
    bench.xds.respond(ResourceType.EXTENSION_CONFIG, "1", discovered("1"));
    bench.xds.newRequests();
    bench.xds.respond(
        ResourceType.EXTENSION_CONFIG,
        "2",
        extension(Buffer.newBuilder().setMaxRequestBytes(UInt32Value.of(1)).build()));
    assertThat(bench.xds.newRequests())
        .containsExactly(
            "ECDS[ext] v1 error: Error: filter config has type URL"
                + " envoy.extensions.filters.http.buffer.v3.Buffer but expect"
                + " envoy.extensions.filters.http.header_mutation.v3.HeaderMutation.");
    assertThat(get()).contains("x-answer: 1\r\n");
  }

  @Test
  void whoComesAfterARefusalGetsWhatWasGood() throws Exception {
    bench.serve(manager(DISCOVERED, DIRECT));
    bench.xds.respond(ResourceType.EXTENSION_CONFIG, "1", discovered("1"));
    bench.xds.respond(ResourceType.EXTENSION_CONFIG, "2", discovered("%NOPE%"));
    bench.serve(manager(DISCOVERED, DIRECT));
    assertThat(get()).contains("x-answer: 1\r\n");
  }

  @Test
  void aRemovedFilterFallsBackToItsDefault() throws Exception {
    String withDefault =
        DISCOVERED
            + """
                default_config:
                  "@type": %s
                  mutations:
                    response_mutations:
                    - append: {header: {key: x-answer, value: default}}
            """
                .formatted(MUTATION);
    bench.serve(manager(withDefault, DIRECT));
    bench.xds.respond(ResourceType.EXTENSION_CONFIG, "1", discovered("1"));
    assertThat(get()).contains("x-answer: 1\r\n");
    bench.xds.respondDelta(ResourceType.EXTENSION_CONFIG, "2", List.of(), List.of("ext"));
    assertThat(get()).contains("x-answer: default\r\n");
  }

  @Test
  void theSubscriptionEndsWithItsLastUser() throws Exception {
    bench.serve(manager(DISCOVERED, DIRECT));
    var second = bench.make(manager(DISCOVERED, DIRECT), bench.init);
    assertThat(bench.xds.open(ResourceType.EXTENSION_CONFIG)).isEqualTo(1);
    bench.filter().close();
    assertThat(bench.xds.open(ResourceType.EXTENSION_CONFIG)).isEqualTo(1);
    second.close();
    assertThat(bench.xds.open(ResourceType.EXTENSION_CONFIG)).isZero();
  }
}
