package io.bifocal.dataplane.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.logging.LogLevels;
import io.bifocal.dataplane.observe.PastRaces;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /races}, over a real socket. */
class RacesPageTest {
  private final FakeProxy proxy = new FakeProxy();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private AdminServer admin;

  @BeforeEach
  void start() throws ConfigException {
    admin =
        AdminServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), proxy, new NoLevels());
  }

  @AfterEach
  void stop() {
    admin.close();
    proxy.close();
  }

  private static final class NoLevels implements LogLevels {
    @Override
    public String get(String logger) {
      return "info";
    }

    @Override
    public boolean set(String logger, String level) {
      return false;
    }
  }

  private HttpResponse<String> get(String target) throws Exception {
    int port = ((InetSocketAddress) admin.address()).getPort();
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
            .timeout(Duration.ofSeconds(20))
            .build(),
        HttpResponse.BodyHandlers.ofString(UTF_8));
  }

  private void threeRaces() {
    long now = proxy.control.nanoTime();
    proxy.races.of(0).onRace(PastRaces.smooth("shop", now, Duration.ofMillis(2)));
    proxy.races.of(1).onRace(PastRaces.staggered("shop", now + 1));
    proxy.races.of(0).onRace(PastRaces.retry("stock", now + 2));
  }

  @Test
  void beforeTheFirstRaceThereAreNone() throws Exception {
    assertThat(get("/races").body())
        .isEqualTo(
            """
            Latest races, the newest first: none

            Slowest races of the last minutes, the slowest first: none
            """);
    assertThat(JsonParser.parseString(get("/races?format=json").body()).getAsJsonObject())
        .hasToString("{\"recent\":[],\"slowest\":[]}");
  }

  @Test
  void eachRaceIsDrawn() throws Exception {
    threeRaces();
    assertThat(get("/races?cluster=shop&limit=1").body())
        .isEqualTo(
            """
            Latest races, the newest first:

            1970-01-01T00:00:00.000Z shop [2001:db8::1]:80: won after 325.0 ms, 2 attempts, worker 1
              [2001:db8::1]:80   +0.0 ms |----------------------------------------------------|  lost: another won
              192.0.2.1:80     +300.0 ms |                                                ####|  won after 25.0 ms
                                         0.0 ms                                       325.0 ms

            Slowest races of the last minutes, the slowest first:

            1970-01-01T00:00:00.000Z shop [2001:db8::1]:80: won after 325.0 ms, 2 attempts, worker 1
              [2001:db8::1]:80   +0.0 ms |----------------------------------------------------|  lost: another won
              192.0.2.1:80     +300.0 ms |                                                ####|  won after 25.0 ms
                                         0.0 ms                                       325.0 ms
            """);
  }

  @Test
  void whatNobodyWaitedForIsMarked() throws Exception {
    threeRaces();
    assertThat(get("/races?cluster=stock").body())
        .contains(
            "stock [2001:db8::1]:80 background retry: timed out after 5000.0 ms, 1 attempt, worker 0")
        .contains("slowest first: none");
  }

  @Test
  void jsonHasAllOfIt() throws Exception {
    threeRaces();
    HttpResponse<String> answer = get("/races?format=json");
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    JsonObject page = JsonParser.parseString(answer.body()).getAsJsonObject();
    JsonArray recent = page.getAsJsonArray("recent");
    assertThat(recent)
        .extracting(race -> race.getAsJsonObject().get("cluster").getAsString())
        .containsExactly("stock", "shop", "shop");
    JsonObject staggered = recent.get(1).getAsJsonObject();
    JsonArray attempts = (JsonArray) staggered.remove("attempts");
    assertThat(staggered)
        .hasToString(
            "{\"began\":\"1970-01-01T00:00:00.000Z\",\"cluster\":\"shop\","
                + "\"host\":\"[2001:db8::1]:80\",\"worker\":1,\"background_retry\":false,"
                + "\"grid\":false,\"http3_broken\":false,"
                + "\"result\":\"won\",\"duration_ms\":325.0,"
                + "\"memory\":{\"reordered\":false,\"put_off\":[]},\"attempt_count\":2}");
    assertThat(attempts.get(1))
        .hasToString(
            "{\"address\":\"192.0.2.1:80\",\"family\":\"v4\",\"transport\":\"tcp\",\"cause\":\"stagger\","
                + "\"start_ms\":300.0,\"duration_ms\":25.0,\"ending\":\"won\"}");
    assertThat(page.getAsJsonArray("slowest")).hasSize(2);
  }

  @Test
  void aRequestThatWaitedForHttp3IsOneRaceOverBoth() throws Exception {
    long now = proxy.control.nanoTime();
    proxy.races.of(0).onRace(PastRaces.brokenHttp3("shop", now));
    assertThat(get("/races?limit=1").body())
        .contains(
            """
            1970-01-01T00:00:00.000Z shop [2001:db8::1]:80 HTTP/3 and TCP: won after 305.0 ms, 2 attempts, worker 0, HTTP/3 is broken
              quic:[2001:db8::1]:80   +0.0 ms |-----------------------x|  failed after 400.0 ms: Connection ref...
              [2001:db8::1]:80      +300.0 ms |                  #     |  won after 5.0 ms
                                              0.0 ms           400.0 ms
            """);
    JsonObject race =
        JsonParser.parseString(get("/races?format=json").body())
            .getAsJsonObject()
            .getAsJsonArray("recent")
            .get(0)
            .getAsJsonObject();
    assertThat(race.get("grid").getAsBoolean()).isTrue();
    assertThat(race.get("http3_broken").getAsBoolean()).isTrue();
    assertThat(race.getAsJsonArray("attempts"))
        .extracting(attempt -> attempt.getAsJsonObject().get("transport").getAsString())
        .containsExactly("quic", "tcp");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "many"})
  void aLimitIsAPositiveNumber(String limit) throws Exception {
    assertThat(get("/races?limit=" + limit).statusCode()).isEqualTo(400);
  }

  @Test
  void helpListsIt() throws Exception {
    assertThat(get("/help").body())
        .contains("  /races: print the latest and the slowest races for upstream connections\n");
  }
}
