package io.bifocal.dataplane.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.RouteOrigin;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Expected lines are what Envoy 1.40 wrote for a like request; see the comments where they vary.
 */
class FormatTest {
  private static Address ip(String literal, int port) {
    return new Address.Ip(InetAddresses.forString(literal), port);
  }

  private static Host host(Address primary) {
    return new Host(
        new HostState(primary, HostStats.in(new StatsStore(1).root())),
        new AddressList(List.of(primary), List.of(primary)),
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance());
  }

  /** A request that an upstream answered with a 404. */
  private static StreamInfo answered() {
    StreamInfo stream = new StreamInfo();
    stream.logType = LogType.DOWNSTREAM_END;
    stream.startEpochMillis = Instant.parse("2026-11-24T22:22:24.618Z").toEpochMilli();
    stream.startNanos = 1_000_000;
    stream.lastDownstreamRxNanos = 1_100_000;
    stream.firstUpstreamTxNanos = 1_500_000;
    stream.lastUpstreamTxNanos = 1_600_000;
    stream.firstUpstreamRxNanos = 6_400_000;
    stream.lastUpstreamRxNanos = 6_450_000;
    stream.endNanos = 6_500_000;
    stream.downstreamRemote = ip("127.0.0.1", 45988);
    stream.downstreamLocal = ip("127.0.0.1", 19902);
    stream.connectionId = 2;
    stream.protocol = "HTTP/1.1";
    stream.method = "GET";
    stream.path = "/up?a=b";
    stream.authority = "localhost:19902";
    HttpHeaders request = new DefaultHttpHeaders();
    request.set("user-agent", "curl/7.88.1");
    request.set("x-request-id", "b6b4a0ec-161b-4f64-8e1a-4b5d20f79e74");
    stream.requestHeaders = request;
    HttpHeaders response = new DefaultHttpHeaders();
    response.set("server", "envoy");
    response.set("x-envoy-upstream-service-time", "4");
    stream.responseHeaders = response;
    stream.responseCode = 404;
    stream.responseCodeDetails = "via_upstream";
    stream.routeName = "r1";
    stream.bytesSent = 335;
    stream.upstreamCluster = "a";
    stream.upstreamHost = host(ip("127.0.0.1", 19903));
    stream.upstreamRemote = ip("127.0.0.1", 19903);
    stream.upstreamLocal = ip("127.0.0.1", 60046);
    stream.upstreamProtocol = "HTTP/1.1";
    stream.upstreamConnectionId = 7;
    stream.upstreamReadyNanos = 2_500_000;
    stream.requestAttempts = 1;
    stream.routeLookups = 1;
    stream.route =
        new RouteOrigin(
            Route.newBuilder().setMetadata(metadata("route")).build(),
            VirtualHost.newBuilder().setMetadata(metadata("host")).build());
    stream.cluster = Cluster.newBuilder().setName("raw").setMetadata(metadata("cluster")).build();
    stream.connection = new StreamInfo();
    stream.connection.startNanos = 0;
    stream.connection.handshakeNanos = 3_400_000;
    stream.connection.filterState = Map.of("kept", "a \"b");
    stream.connection.listener =
        Listener.newBuilder().setName("in").setMetadata(metadata("listener")).build();
    stream.connection.filterChain = FilterChain.newBuilder().setMetadata(metadata("chain")).build();
    return stream;
  }

  private static Metadata metadata(String value) {
    return Metadata.newBuilder()
        .putFilterMetadata("a", Struct.newBuilder().putFields("b", string(value)).build())
        .build();
  }

  /** A request whose upstream refused the connection. */
  private static StreamInfo refused() {
    StreamInfo stream = answered();
    stream.responseCode = 503;
    stream.responseHeaders = new DefaultHttpHeaders();
    stream.firstUpstreamRxNanos = -1;
    stream.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
    stream.upstreamHost = host(ip("::1", 19904));
    stream.upstreamRemote = null;
    stream.upstreamLocal = null;
    stream.upstreamProtocol = "";
    stream.upstreamConnectionId = -1;
    stream.upstreamReadyNanos = -1;
    stream.upstreamTransportFailureReason = "delayed connect error: Connection refused";
    stream.responseCodeDetails =
        "upstream_reset_before_response_started{remote connection failure|delayed connect error:"
            + " Connection refused}";
    return stream;
  }

  @Test
  void the_default_line_is_envoys() {
    assertThat(Format.DEFAULT.of(answered()))
        .isEqualTo(
            "[2026-11-24T22:22:24.618Z] \"GET /up?a=b HTTP/1.1\" 404 - 0 335 5 4 \"-\""
                + " \"curl/7.88.1\" \"b6b4a0ec-161b-4f64-8e1a-4b5d20f79e74\""
                + " \"localhost:19902\" \"127.0.0.1:19903\"\n");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "%RESPONSE_CODE%|404|503",
        "%RESPONSE_FLAGS%|-|UF",
        "%RESPONSE_FLAGS_LONG%|-|UpstreamConnectionFailure",
        "%DURATION%|5|5",
        "%REQUEST_DURATION%|0|0",
        "%RESPONSE_DURATION%|5|-",
        "%RESPONSE_TX_DURATION%|0|-",
        "%COMMON_DURATION(DS_RX_BEG:US_RX_BEG:us)%|5400|-",
        "%COMMON_DURATION(DS_RX_BEG:US_CX_EST:us)%|-|-",
        "%UPSTREAM_HOST%|127.0.0.1:19903|[::1]:19904",
        "%UPSTREAM_REMOTE_ADDRESS%|127.0.0.1:19903|-",
        "%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%|127.0.0.1|-",
        "%UPSTREAM_REMOTE_PORT%|19903|-",
        "%UPSTREAM_LOCAL_ADDRESS%|127.0.0.1:60046|-",
        "%UPSTREAM_CLUSTER%|a|a",
        "%DOWNSTREAM_REMOTE_ADDRESS%|127.0.0.1:45988|127.0.0.1:45988",
        "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%|127.0.0.1|127.0.0.1",
        "%DOWNSTREAM_REMOTE_PORT%|45988|45988",
        "%DOWNSTREAM_LOCAL_ADDRESS%|127.0.0.1:19902|127.0.0.1:19902",
        "%ROUTE_NAME%|r1|r1",
        "%UPSTREAM_TRANSPORT_FAILURE_REASON%|-|delayed_connect_error:_Connection_refused",
        "%RESPONSE_CODE_DETAILS%|via_upstream|upstream_reset_before_response_started"
            + "{remote_connection_failure\u0001delayed_connect_error:_Connection_refused}",
        "%UPSTREAM_HOSTS_ATTEMPTED%|127.0.0.1:19903|-",
        "%UPSTREAM_HOST_NAME%|127.0.0.1:19903|[::1]:19904",
        "%UPSTREAM_PROTOCOL%|HTTP/1.1|-",
        "%CONNECTION_ID%|2|2",
        "%REQ(:METHOD)%|GET|GET",
        "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):5%|/up?a|/up?a",
        "%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%|/up|/up",
        "%REQ_WITHOUT_QUERY(:PATH):2%|/u|/u",
        "%REQ(nope)%|-|-",
        "%RESP(server)%|envoy|-",
        "%RESP(:STATUS)%|404|503",
        "%TRAILER(x)%|-|-",
        "%FILTER_CHAIN_NAME%|-|-",
        "%UPSTREAM_REQUEST_ATTEMPT_COUNT%|1|1",
        "%ACCESS_LOG_TYPE%|DownstreamEnd|DownstreamEnd",
        "%PATH(NQ)%|/up|/up",
        "%PATH(WQ:PATH)%|/up?a=b|/up?a=b",
        "%QUERY_PARAM(a)%|b|b",
        "%REQUESTED_SERVER_NAME(SNI_ONLY:HOST)%|-|-",
        "%REQUESTED_SERVER_NAME(SNI_FIRST)%|localhost:19902|localhost:19902",
        "%REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)%|-|-",
        "%%|%|%",
        "%START_TIME(%s)%|1795558944|1795558944",
        "%START_TIME(%s.%3f)%|1795558944.618|1795558944.618",
        "%START_TIME(%Y/%m/%dT%H:%M:%S%z %6f %E3S %E*S)%|2026/11/24T22:22:24+0000 618000 24.618"
            + " 24.618|2026/11/24T22:22:24+0000 618000 24.618 24.618",
        "%METADATA(ROUTE:a:b)%|route|route",
        "%METADATA(ROUTE:a:c)%|-|-",
        "%METADATA(VIRTUAL_HOST:a:b)%|host|host",
        "%METADATA(CLUSTER:a:b)%|cluster|cluster",
        "%CLUSTER_METADATA(a)%|{\"b\":\"cluster\"}|{\"b\":\"cluster\"}",
        "%METADATA(LISTENER:a:b)%|listener|listener",
        "%METADATA(LISTENER_FILTER_CHAIN:a:b)%|chain|chain",
        "%METADATA(UPSTREAM_HOST:a:b)%|-|-",
        "%UPSTREAM_METADATA(a)%|-|-",
        "%METADATA(DYNAMIC:a:b)%|-|-",
        "%LISTENER_NAME%|in|in",
        "%UPSTREAM_CLUSTER_RAW%|raw|raw",
        "%UPSTREAM_CONNECTION_ID%|7|0",
        "%UPSTREAM_CONNECTION_IDS_ATTEMPTED%|7|-",
        "%UPSTREAM_CONNECTION_POOL_READY_DURATION%|2|-",
        "%UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT%|127.0.0.1|-",
        "%UPSTREAM_DETECTED_CLOSE_TYPE%|Normal|Normal",
        "%DOWNSTREAM_LOCAL_CLOSE_REASON%|-|-",
        "%DOWNSTREAM_HANDSHAKE_DURATION%|2|2",
        "%DOWNSTREAM_CX_RTT%|0|0",
        "%ROUTE_RESOLUTION_COUNT%|1|1",
        "%STREAM_ID%|b6b4a0ec-161b-4f64-8e1a-4b5d20f79e74|b6b4a0ec-161b-4f64-8e1a-4b5d20f79e74",
        "[%CUSTOM_FLAGS%]|[]|[]",
        "%STREAM_INFO_REQ(user-agent):4%|curl|curl",
        "%FILTER_STATE(kept:PLAIN)%|a \"b|a \"b",
        "%FILTER_STATE(kept)%|\"a \\\"b\"|\"a \\\"b\"",
        "%FILTER_STATE(other)%|-|-",
        "%UPSTREAM_FILTER_STATE(kept)%|-|-",
        "%START_TIME((%Y))%|(2026)|(2026)",
      },
      delimiter = '|',
      quoteCharacter = '\u0002')
  void a_command_has_the_value_that_envoy_writes(String format, String answered, String refused)
      throws ConfigException {
    assertThat(Format.text(format).of(answered())).isEqualTo(answered);
    assertThat(Format.text(format).of(refused())).isEqualTo(refused.replace('\u0001', '|'));
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "%NOPE%|Not supported field in StreamInfo: NOPE",
        "%REQ%|REQ requires parameters",
        "%UPSTREAM_PEER_SERIAL%|Not supported field in StreamInfo: UPSTREAM_PEER_SERIAL",
        "%METADATA(FOO:a)%|FOO is not supported type of metadata",
        "%FILTER_STATE%|Invalid filter state configuration, key cannot be empty.",
        "%FILTER_STATE(a:BAD)%|Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.",
        "%UPSTREAM_METADATA%|UPSTREAM_METADATA requires parameters",
        "%CLUSTER_METADATA(a:b):2%|CLUSTER_METADATA does not allow length to be specified.",
        "%REQ()%|REQ requires parameters",
        "%REQ(a?b?c)%|More than 1 alternative header specified in token: a?b?c",
        "%REQ(a:3)%|Invalid header configuration. Format string contains invalid characters.",
        "%PROTOCOL(a)%|PROTOCOL does not take any parameters or length",
        "%PROTOCOL:3%|PROTOCOL does not take any parameters or length",
        "%RESPONSE_CODE:2%|RESPONSE_CODE does not take any parameters or length",
        "%START_TIME:3%|START_TIME does not allow length to be specified.",
        "%ENVIRONMENT%|ENVIRONMENT requires parameters",
        "%REQUESTED_SERVER_NAME(XX)%|Invalid REQUESTED_SERVER_NAME option: 'XX', only"
            + " 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST' are allowed",
        "%REQUESTED_SERVER_NAME(SNI_FIRST:XX)%|Invalid REQUESTED_SERVER_NAME option: 'XX', only"
            + " 'ORIG_OR_HOST'/'HOST'/'ORIG' are allowed",
        "%PATH(XX)%|Invalid PATH option: 'XX', only 'WQ'/'NQ' are allowed",
        "%|Incorrect configuration: %. Couldn't find valid command at position 0",
        "a%b|Incorrect configuration: a%b. Couldn't find valid command at position 1",
        "%REQ(a|Incorrect configuration: %REQ(a. Couldn't find valid command at position 0",
        "%REQ(a):x%|Incorrect configuration: %REQ(a):x%. Couldn't find valid command at position 0",
        "%req(a)%|Incorrect configuration: %req(a)%. Couldn't find valid command at position 0",
        "%UPSTREAM_CLUSTER%%|Incorrect configuration: %UPSTREAM_CLUSTER%%. Couldn't find valid"
            + " command at position 18",
      },
      delimiter = '|',
      quoteCharacter = '\u0002')
  void a_mistake_is_refused_in_envoys_words(String format, String reason) {
    assertThatThrownBy(() -> Format.text(format))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @Test
  void a_stream_has_one_id_that_no_other_has() throws ConfigException {
    Format format = Format.text("%UNIQUE_ID%");
    StreamInfo stream = new StreamInfo();
    assertThat(format.of(stream)).hasSize(36).isEqualTo(format.of(stream));
    assertThat(format.of(new StreamInfo())).isNotEqualTo(format.of(stream));
    assertThat(Format.text("%STREAM_ID%").of(stream)).isEqualTo(format.of(stream));
  }

  @Test
  void commands_that_are_only_envoys_are_named_so_that_somebody_can_be_warned()
      throws ConfigException {
    assertThat(Format.text("%TRACE_ID% %PROTOCOL%").withoutValue()).containsExactly("TRACE_ID");
  }

  @Test
  void the_race_behind_a_request_can_be_logged() throws ConfigException {
    StreamInfo stream = answered();
    Format format = Format.text("%DYNAMIC_METADATA(bifocal.connect:attempts)%");
    assertThat(format.of(stream)).isEqualTo("-");
    assertThat(format.withoutValue()).isEmpty();

    Address v6 = ip("2001:db8::1", 80);
    Address v4 = ip("192.0.2.1", 80);
    ConnectFailure refused =
        new ConnectFailure(ConnectFailure.Kind.REMOTE, "delayed connect error: Connection refused");
    stream.race =
        race(
            stream.startNanos + 400_000_000,
            new AttemptEvent.Started(0, v6, 0, AttemptEvent.Cause.FIRST),
            new AttemptEvent.Started(1, v4, 300_000_000, AttemptEvent.Cause.STAGGER),
            new AttemptEvent.Failed(1, v4, 301_000_000, refused),
            new AttemptEvent.Started(2, v4, 302_000_000, AttemptEvent.Cause.PREVIOUS_FAILED),
            new AttemptEvent.Won(2, v4, 327_000_000),
            new AttemptEvent.Lost(0, v6, 327_000_000, AttemptEvent.LossReason.ANOTHER_WON));

    assertThat(format.of(stream))
        .isEqualTo(
            "[2001:db8::1]:80+0ms/327ms=lost,192.0.2.1:80+300ms/1ms=failed:refused,"
                + "192.0.2.1:80+302ms/25ms=won");
  }

  private static RaceReport race(long endedAt, AttemptEvent... events) {
    RacePlan plan = RacePlan.of("c", List.of(ip("2001:db8::1", 80)), Duration.ofSeconds(1));
    long nanos = events[events.length - 1].atNanos();
    return new RaceReport(
        plan, RaceReport.Result.WON, Instant.EPOCH, endedAt, nanos, -1, List.of(events));
  }

  private static String metadata(String key, StreamInfo stream) throws ConfigException {
    return Format.text("%DYNAMIC_METADATA(bifocal.connect:" + key + ")%").of(stream);
  }

  @Test
  void what_became_of_the_race_can_be_logged_key_by_key() throws ConfigException {
    Address v6 = ip("2001:db8::1", 80);
    Address v4 = ip("192.0.2.1", 80);
    StreamInfo stream = answered();
    stream.race =
        race(
            stream.startNanos + 325_400_000,
            new AttemptEvent.Started(0, v6, 0, AttemptEvent.Cause.FIRST),
            new AttemptEvent.Started(1, v4, 300_000_000, AttemptEvent.Cause.STAGGER),
            new AttemptEvent.Won(1, v4, 325_400_000),
            new AttemptEvent.Lost(0, v6, 325_400_000, AttemptEvent.LossReason.ANOTHER_WON));

    assertThat(metadata("winner", stream)).isEqualTo("192.0.2.1:80");
    assertThat(metadata("winner_family", stream)).isEqualTo("v4");
    assertThat(metadata("attempt_count", stream)).isEqualTo("2");
    assertThat(metadata("duration_ms", stream)).isEqualTo("325");
    assertThat(metadata("result", stream)).isEqualTo("won");
    assertThat(metadata("memory", stream)).isEqualTo("false");
    assertThat(metadata("reused", stream)).isEqualTo("false");

    stream.startNanos += 400_000_000;
    assertThat(metadata("reused", stream)).isEqualTo("true");
  }

  @Test
  void a_race_that_nobody_won_has_no_winner() throws ConfigException {
    Address v6 = ip("2001:db8::1", 80);
    StreamInfo stream = refused();
    stream.race =
        new RaceReport(
            RacePlan.of("c", List.of(v6), Duration.ofSeconds(1)),
            RaceReport.Result.TIMED_OUT,
            Instant.EPOCH,
            0,
            1_000_000_000,
            -1,
            List.of(
                new AttemptEvent.Started(0, v6, 0, AttemptEvent.Cause.FIRST),
                new AttemptEvent.Lost(0, v6, 1_000_000_000, AttemptEvent.LossReason.TIMED_OUT)));

    assertThat(metadata("winner", stream)).isEqualTo("-");
    assertThat(metadata("winner_family", stream)).isEqualTo("-");
    assertThat(metadata("result", stream)).isEqualTo("timed_out");
    assertThat(metadata("duration_ms", stream)).isEqualTo("1000");
    assertThat(metadata("attempts", stream)).isEqualTo("[2001:db8::1]:80+0ms/1000ms=timed_out");
  }

  @Test
  void in_json_a_race_has_types() throws ConfigException {
    Address v6 = ip("2001:db8::1", 80);
    Address v4 = ip("192.0.2.1", 80);
    ConnectFailure refused =
        new ConnectFailure(ConnectFailure.Kind.REMOTE, "delayed connect error: Connection refused");
    Struct.Builder keys = Struct.newBuilder();
    for (String key : List.of("winner", "attempt_count", "memory", "attempts")) {
      keys.putFields(key, string("%DYNAMIC_METADATA(bifocal.connect:" + key + ")%"));
    }
    StreamInfo stream = answered();
    Format format = Format.json(keys.build(), false);
    assertThat(format.of(stream))
        .isEqualTo("{\"attempt_count\":null,\"attempts\":null,\"memory\":null,\"winner\":null}\n");

    stream.race =
        race(
            stream.startNanos,
            new AttemptEvent.Started(0, v6, 0, AttemptEvent.Cause.FIRST),
            new AttemptEvent.Failed(0, v6, 1_234_000, refused),
            new AttemptEvent.Started(1, v4, 1_234_000, AttemptEvent.Cause.PREVIOUS_FAILED),
            new AttemptEvent.Won(1, v4, 2_234_567));
    assertThat(format.of(stream))
        .isEqualTo(
            "{\"attempt_count\":2,\"attempts\":["
                + "{\"address\":\"[2001:db8::1]:80\",\"family\":\"v6\",\"transport\":\"tcp\",\"cause\":\"first\","
                + "\"start_ms\":0.0,\"duration_ms\":1.234,\"ending\":\"failed\","
                + "\"reason\":\"refused\","
                + "\"detail\":\"delayed connect error: Connection refused\"},"
                + "{\"address\":\"192.0.2.1:80\",\"family\":\"v4\",\"transport\":\"tcp\","
                + "\"cause\":\"previous_failed\",\"start_ms\":1.234,\"duration_ms\":1.0,"
                + "\"ending\":\"won\"}],"
                + "\"memory\":false,\"winner\":\"192.0.2.1:80\"}\n");

    assertThat(Format.text("%DYNAMIC_METADATA(bifocal.connect)%").of(stream))
        .startsWith("{\"attempt_count\":2,\"attempts\":[{")
        .endsWith(
            "],\"duration_ms\":2,\"memory\":false,\"result\":\"won\",\"reused\":false,"
                + "\"winner\":\"192.0.2.1:80\",\"winner_family\":\"v4\",\"winner_transport\":\"tcp\"}");
  }

  @Test
  void an_unknown_key_is_warned_of() throws ConfigException {
    Format format = Format.text("%DYNAMIC_METADATA(bifocal.connect:winer)%");
    assertThat(format.of(answered())).isEqualTo("-");
    assertThat(format.withoutValue()).containsExactly("DYNAMIC_METADATA");
  }

  @Test
  void what_filters_have_said_is_told() throws ConfigException {
    StreamInfo stream = answered();
    Struct.Builder said = Struct.newBuilder();
    said.putFields("k", Value.newBuilder().setStringValue("v").build());
    said.putFields("n", Value.newBuilder().setNumberValue(1).build());
    stream.addMetadata("a.filter", said.build());

    assertThat(Format.text("%DYNAMIC_METADATA(a.filter:k)%").of(stream)).isEqualTo("v");
    assertThat(Format.text("%DYNAMIC_METADATA(a.filter:n)%").of(stream)).isEqualTo("1.0");
    assertThat(Format.text("%DYNAMIC_METADATA(a.filter)%").of(stream))
        .isEqualTo("{\"k\":\"v\",\"n\":1.0}");
    assertThat(Format.text("%DYNAMIC_METADATA(a.filter:x)%").of(stream)).isEqualTo("-");
  }

  @ParameterizedTest
  @CsvSource({
    "CAMEL_STRING, NotFound, -",
    "SNAKE_STRING, NOT_FOUND, -",
    "NUMBER, 5, -",
  })
  void a_call_has_a_status(String format, String ofCall, String ofOther) throws ConfigException {
    StreamInfo call = answered();
    call.requestHeaders = new DefaultHttpHeaders().add("content-type", "application/grpc+proto");
    call.responseTrailers = new DefaultHttpHeaders().add("grpc-status", "5");

    Format status = Format.text("%GRPC_STATUS(" + format + ")%");
    assertThat(status.of(call)).isEqualTo(ofCall);
    assertThat(status.of(answered())).isEqualTo(ofOther);
  }

  @Test
  void the_first_command_with_a_value_counts() throws ConfigException {
    String operators = "{\"operators\":[{\"command\":\"REQ\",\"param\":\"no\"},\"PROTOCOL\"]}";
    assertThat(Format.text("%COALESCE(" + operators + ")%").of(answered())).isEqualTo("HTTP/1.1");
  }

  @Test
  void flags_are_in_the_order_in_which_they_were_raised() throws ConfigException {
    StreamInfo stream = answered();
    stream.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
    stream.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
    stream.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
    assertThat(Format.text("%RESPONSE_FLAGS%").of(stream)).isEqualTo("URX,UF");
  }

  @Test
  void empty_values_can_be_left_out_of_a_text() throws ConfigException {
    assertThat(Format.text("a%REQ(nope)%b", true).of(answered())).isEqualTo("ab");
  }

  private static Value string(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Struct json() {
    return Struct.newBuilder()
        .putFields("a", string("%PROTOCOL%"))
        .putFields("b", string("%RESPONSE_CODE%"))
        .putFields("c", string("%REQ(nope)%"))
        .putFields(
            "d",
            Value.newBuilder()
                .setStructValue(
                    Struct.newBuilder()
                        .putFields("x", string("%DURATION% ms"))
                        .putFields("y", Value.newBuilder().setNumberValue(3).build())
                        .putFields("z", Value.newBuilder().setBoolValue(true).build()))
                .build())
        .putFields("st", string("%START_TIME%"))
        .putFields(
            "l",
            Value.newBuilder()
                .setListValue(
                    ListValue.newBuilder()
                        .addValues(string("%BYTES_SENT%"))
                        .addValues(string("%UPSTREAM_CLUSTER%")))
                .build())
        .build();
  }

  @Test
  void json_keeps_types_sorts_keys_and_says_null() throws ConfigException {
    assertThat(Format.json(json(), false).of(answered()))
        .isEqualTo(
            "{\"a\":\"HTTP/1.1\",\"b\":404,\"c\":null,\"d\":{\"x\":\"5 ms\",\"y\":3,\"z\":true},"
                + "\"l\":[335,\"a\"],\"st\":\"2026-11-24T22:22:24.618Z\"}\n");
  }

  @Test
  void json_can_leave_out_what_has_no_value() throws ConfigException {
    assertThat(Format.json(json(), true).of(answered())).doesNotContain("\"c\"");
  }

  @Test
  void json_escapes_what_a_client_sent() throws ConfigException {
    StreamInfo stream = answered();
    stream.path = "/\"\\\u0001\t";

    assertThat(
            Format.json(Struct.newBuilder().putFields("p", string("%REQ(:PATH)%")).build(), false)
                .of(stream))
        .isEqualTo("{\"p\":\"/\\\"\\\\\\u0001\\t\"}\n");
  }

  @Test
  void the_default_time_is_right_on_every_day() {
    DateTimeFormatter reference =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX")
            .withZone(java.time.ZoneOffset.UTC);
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      long moment = Math.floorMod(random.nextLong(), 4_102_444_800_000L);
      StringBuilder out = new StringBuilder();
      TimeFormat.DEFAULT.append(moment, out);
      assertThat(out.toString()).isEqualTo(reference.format(Instant.ofEpochMilli(moment)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SNI_FIRST, sni.test",
    "HOST_FIRST, before.test",
    "HOST_FIRST:HOST, localhost:19902",
    "SNI_FIRST:HOST, sni.test",
  })
  void aServersNameIsThatOfTlsOrOfTheRequest(String which, String expected) throws Exception {
    StreamInfo stream = answered();
    stream.requestedServerName = "sni.test";
    stream.requestHeaders = new DefaultHttpHeaders().add("x-envoy-original-host", "before.test");
    assertThat(Format.text("%REQUESTED_SERVER_NAME(" + which + ")%").of(stream))
        .isEqualTo(expected);
  }
}
