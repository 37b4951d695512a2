package io.bifocal.dataplane.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessLogsTest {
  private final List<StreamInfo> logged = new ArrayList<>();
  private final Registry<AccessLogFactory> registry =
      new Registry<AccessLogFactory>().register("type.googleapis.com/a.Log", any -> logged::add);
  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private final AccessLogs reader = new AccessLogs(registry, runtime);

  private static io.envoyproxy.envoy.config.accesslog.v3.AccessLog config(String type) {
    return io.envoyproxy.envoy.config.accesslog.v3.AccessLog.newBuilder()
        .setName("a log")
        .setTypedConfig(Any.newBuilder().setTypeUrl("type.googleapis.com/" + type))
        .build();
  }

  private boolean logs(String filter, StreamInfo stream) throws Exception {
    AccessLogFilter.Builder parsed = AccessLogFilter.newBuilder();
    TextFormat.merge(filter, parsed);
    List<AccessLog> logs =
        reader.read(List.of(config("a.Log").toBuilder().setFilter(parsed).build()));
    logged.clear();
    logs.forEach(log -> log.log(stream));
    return !logged.isEmpty();
  }

  private static StreamInfo stream() {
    StreamInfo stream = new StreamInfo();
    stream.requestHeaders = new DefaultHttpHeaders().add("x", "1").add("x", "2").add("n", "7");
    stream.path = "/healthz";
    stream.method = "GET";
    stream.responseCode = 503;
    stream.logType = LogType.DOWNSTREAM_END;
    stream.startNanos = 0;
    stream.endNanos = 250_000_000;
    stream.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
    return stream;
  }

  @Test
  void every_log_of_the_list_hears_of_a_stream() throws ConfigException {
    List<AccessLog> logs = reader.read(List.of(config("a.Log"), config("a.Log")));

    logs.forEach(log -> log.log(stream()));

    assertThat(logged).hasSize(2);
  }

  @Test
  void an_unknown_kind_is_refused_in_envoys_words() {
    assertThatThrownBy(() -> reader.read(List.of(config("b.Log"))))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Didn't find a registered implementation for 'a log' with type URL: 'b.Log'");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "status_code_filter { comparison { op: GE value { default_value: 500 } } }|true",
        "status_code_filter { comparison { op: LE value { default_value: 499 } } }|false",
        "status_code_filter { comparison { op: EQ value { default_value: 503 } } }|true",
        "duration_filter { comparison { op: GE value { default_value: 250 } } }|true",
        "duration_filter { comparison { op: GE value { default_value: 251 } } }|false",
        "not_health_check_filter {}|true",
        "traceable_filter {}|false",
        "metadata_filter {}|true",
        "metadata_filter { match_if_key_not_found {} }|false",
        "response_flag_filter {}|true",
        "response_flag_filter { flags: 'UF' }|true",
        "response_flag_filter { flags: 'UO' flags: 'NR' }|false",
        "header_filter { header { name: 'X' string_match { exact: '1,2' } } }|false",
        "header_filter { header { name: 'x' string_match { prefix: '2' } } }|true",
        "header_filter { header { name: ':path' exact_match: '/healthz' invert_match: true } }|false",
        "header_filter { header { name: 'absent' present_match: true } }|false",
        "header_filter { header { name: 'absent' present_match: false } }|true",
        "header_filter { header { name: 'n' range_match { start: 7 end: 8 } } }|true",
        "header_filter { header { name: 'n' safe_regex_match { regex: '[0-6]' } } }|false",
        "log_type_filter { types: DownstreamEnd }|true",
        "log_type_filter { types: DownstreamEnd exclude: true }|false",
        "runtime_filter { runtime_key: 'k' percent_sampled { numerator: 100 } }|true",
        "runtime_filter { runtime_key: 'k' percent_sampled { numerator: 0 } }|false",
        "and_filter { filters { not_health_check_filter {} }"
            + " filters { response_flag_filter { flags: 'NR' } } }|false",
        "or_filter { filters { response_flag_filter { flags: 'NR' } }"
            + " filters { not_health_check_filter {} } }|true",
      },
      delimiter = '|',
      quoteCharacter = '\u0002')
  void a_filter_decides_what_is_logged(String filter, boolean logged) throws Exception {
    assertThat(logs(filter, stream())).isEqualTo(logged);
  }

  @Test
  void a_filter_that_cannot_be_obeyed_is_refused() {
    assertThatThrownBy(() -> logs("extension_filter { name: 'a filter' }", stream()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a filter");
  }

  @Test
  void the_runtime_moves_a_threshold() throws Exception {
    String filter =
        "status_code_filter { comparison { op: GE value { default_value: 500 runtime_key: 'k' } } }";
    assertThat(logs(filter, stream())).isTrue();

    runtime.set("k", "504");

    assertThat(logs(filter, stream())).isFalse();
  }

  @Test
  void the_runtime_says_how_many_are_logged() throws Exception {
    String filter = "runtime_filter { runtime_key: 'k' percent_sampled { numerator: 100 } }";

    runtime.set("k", "0");

    assertThat(logs(filter, stream())).isFalse();
  }

  @Test
  void a_requests_id_decides_whether_it_is_among_those_that_are_logged() throws Exception {
    String filter = "runtime_filter { runtime_key: 'k' percent_sampled { numerator: 50 } }";
    StreamInfo low = stream();
    low.requestHeaders = request("x-request-id", "00000031-0000-4000-8000-000000000000");
    StreamInfo high = stream();
    high.requestHeaders = request("x-request-id", "00000032-0000-4000-8000-000000000000");

    for (int i = 0; i < 20; i++) {
      assertThat(logs(filter, low)).isTrue();
      assertThat(logs(filter, high)).isFalse();
    }
  }

  @Test
  void a_call_is_judged_by_how_it_ended() throws Exception {
    StreamInfo call = stream();
    call.responseCode = 200;
    call.responseHeaders = request("grpc-status", "0");
    call.responseTrailers = request("grpc-status", "5");

    assertThat(logs("grpc_status_filter { statuses: NOT_FOUND }", call)).isTrue();
    assertThat(logs("grpc_status_filter { statuses: OK }", call)).isFalse();
    assertThat(logs("grpc_status_filter { statuses: NOT_FOUND exclude: true }", call)).isFalse();
    assertThat(logs("grpc_status_filter { statuses: UNAVAILABLE }", stream())).isTrue();
  }

  private static HttpHeaders request(String name, String value) {
    return new DefaultHttpHeaders().add(name, value);
  }
}
