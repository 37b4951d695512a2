package example;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.BootstrapReader;
import io.bifocal.dataplane.Proxy;
import io.bifocal.dataplane.ProxyOptions;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.ScriptedStream;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example of {@code docs/filters.md}: tested alone, and in a proxy. */
class ApiKeysTest {
  private static final String BOOTSTRAP =
      """
      static_resources:
        listeners:
        - name: ingress
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ingress
                route_config:
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - match: {prefix: /other}
                      direct_response: {status: 200, body: {inline_string: hello}}
                      typed_per_filter_config:
                        keys:
                          "@type": type.googleapis.com/xds.type.v3.TypedStruct
                          type_url: type.googleapis.com/example.ApiKeys
                          value: {header: x-other-key}
                    - match: {prefix: /}
                      direct_response: {status: 200, body: {inline_string: hello}}
                http_filters:
                - name: keys
                  typed_config:
                    "@type": type.googleapis.com/xds.type.v3.TypedStruct
                    type_url: type.googleapis.com/example.ApiKeys
                    value: {header: x-api-key}
                - name: router
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      """;

  @Test
  void aRequestWaitsForItsKeyToBeChecked() throws Exception {
    VirtualTime time = new VirtualTime();
    StatsStore stats = new StatsStore(1);
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    Struct config =
        Struct.newBuilder()
            .putFields("header", Value.newBuilder().setStringValue("x-api-key").build())
            .build();
    HttpFilter.Maker filter =
        new ApiKeys(key -> answer)
            .create(
                Any.newBuilder().setValue(config.toByteString()).build(),
                new HttpFilterContext("keys", "test", stats.root(), RuntimeReader.NONE));
    ScriptedStream stream = new ScriptedStream(time, "GET", "/").through(filter).begin(true);
    assertThat(stream.reachedUpstream()).isFalse();
    answer.complete(false);
    time.run();
    assertThat(stream.status()).isEqualTo(401);
    assertThat(stats.root().counter("api_keys.denied").value()).isEqualTo(1);
  }

  @Test
  @Timeout(60)
  void aProxyHasItByItsType() throws Exception {
    ProxyOptions options =
        ProxyOptions.defaults()
            .withConcurrency(1)
            .withHttpFilter(
                new ApiKeys(key -> CompletableFuture.supplyAsync(() -> key.equals("secret"))));
    try (Proxy proxy =
        Proxy.start(new BootstrapReader(false).readYaml(BOOTSTRAP, "example"), options)) {
      proxy.awaitLive(Duration.ofSeconds(30));
      assertThat(ask(proxy, "/", "x-api-key", "wrong")).isEqualTo("401 no such key");
      assertThat(ask(proxy, "/", "x-api-key", "secret")).isEqualTo("200 hello");
      assertThat(ask(proxy, "/other", "x-api-key", "secret")).isEqualTo("401 no such key");
      assertThat(ask(proxy, "/other", "x-other-key", "secret")).isEqualTo("200 hello");
    }
  }

  private static String ask(Proxy proxy, String path, String header, String value)
      throws Exception {
    int port = ((InetSocketAddress) proxy.listenerAddresses("ingress").get(0)).getPort();
    var response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .header(header, value)
                    .build(),
                BodyHandlers.ofString());
    return response.statusCode() + " " + response.body();
  }

  @Test
  void thePageShowsWhatIsTestedHere() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "filters.md"));
    String source = Files.readString(Path.of("src", "test", "java", "example", "ApiKeys.java"));
    assertThat(page).contains(source.strip());
  }
}
