package io.bifocal.dataplane.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.LogFilter;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.RouteOrigin;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ExtensionFilter;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static StreamInfo answered() {
    StreamInfo stream = new StreamInfo();
    stream.startNanos = 0;
    stream.endNanos = 20_000_000;
    stream.method = "GET";
    stream.path = "/a?b=c#d";
    stream.authority = "host";
    stream.scheme = "http";
    stream.protocol = "HTTP/1.1";
    stream.requestHeaders =
        new DefaultHttpHeaders().set("x-a", "1").add("x-b", "2").add("x-b", "3");
    stream.responseHeaders = new DefaultHttpHeaders().set("server", "envoy");
    stream.responseCode = 503;
    stream.responseCodeDetails = "via_upstream";
    stream.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
    stream.flag(ResponseFlag.NO_ROUTE_FOUND);
    stream.bytesReceived = 7;
    stream.connectionId = 3;
    stream.downstreamRemote = new Address.Ip(InetAddresses.forString("192.0.2.1"), 1234);
    stream.route =
        new RouteOrigin(
            Route.newBuilder().setName("r").build(), VirtualHost.newBuilder().setName("v").build());
    stream.addMetadata(
        "ns",
        Struct.newBuilder().putFields("k", Value.newBuilder().setStringValue("v").build()).build());
    stream.filterState = Map.of("kept", "text");
    return stream;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "request.path == '/a?b=c#d' && request.url_path == '/a' && request.query == 'b=c'",
        "request.method == 'GET' && request.host == 'host' && request.scheme == 'http'",
        "request.headers['x-a'] == '1' && request.headers['x-b'] == '2,3'",
        "request.headers[':method'] == 'GET' && request.headers['host'] == 'host'",
        "has(request.headers.server) || 'x-a' in request.headers",
        "!('x-c' in request.headers)",
        "request.size == 7 && request.total_size > 7 && request.protocol == 'HTTP/1.1'",
        "request.duration > duration('10ms') && request.duration < duration('1s')",
        "request.time < timestamp('2020-01-01T00:00:00Z')",
        "response.code >= 500 && response.code_details == 'via_upstream'",
        "response.headers['server'].startsWith('env') && response.flags == 288",
        "connection.id == 3u && connection.mtls == false",
        "source.address == '192.0.2.1:1234' && source.port == 1234",
        "metadata.filter_metadata['ns']['k'] == 'v'",
        "string(filter_state['kept']) == 'text'",
        "xds.route_name == 'r' && xds.virtual_host_name == 'v'",
        "request.path.matches('^/a')",
      })
  void aStreamHasEnvoysAttributes(String expression) throws ConfigException {
    assertThat(Expression.parse(expression, "expression").holds(answered())).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "request.nope == 'a'",
        "request.headers['x-c'] == 'a'",
        "upstream.address == 'a'",
        "nosuch.thing",
        "1",
        "request.method == 'POST'",
        "request.referer.contains('a')",
      })
  void whatAStreamLacksIsNotTrue(String expression) throws ConfigException {
    assertThat(Expression.parse(expression, "expression").holds(answered())).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "nofunc(1)|failed to create an expression: No overload found in reference resolve step for nofunc",
        "request.path.split('/')|failed to create an expression: No overload found in reference resolve step for split",
        "request.path.matches('a(')|failed to create an expression: invalid regular expression: error parsing regexp: missing closing ): `a(`",
      },
      delimiter = '|',
      quoteCharacter = '"')
  void whatCouldNeverBeEvaluatedIsRefused(String expression, String reason) {
    assertThatThrownBy(() -> Expression.parse(expression, "expression"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @Test
  void whatIsNotInTheLanguageIsRefused() {
    assertThatThrownBy(() -> Expression.parse("bad..", "filter expression"))
        .hasMessageStartingWith("Not able to parse filter expression: INVALID_ARGUMENT: ERROR: ");
  }

  @Test
  void aFormatMayHoldOne() throws ConfigException {
    assertThat(
            Format.text(
                    "%CEL(request.path)% %CEL(request.size):1% %CEL(request.nope)% %CEL(size(request.path) > 1)%")
                .of(answered()))
        .isEqualTo("/a?b=c#d 7 - true");
    Struct json =
        Struct.newBuilder()
            .putFields("a", string("%CEL(request.size)%"))
            .putFields("b", string("%TYPED_CEL(request.size)%"))
            .putFields("c", string("%TYPED_CEL([request.path, true])%"))
            .putFields("d", string("%TYPED_CEL(metadata.filter_metadata)%"))
            .build();
    assertThat(Format.json(json, false).of(answered()))
        .isEqualTo(
            "{\"a\":\"7\",\"b\":7,\"c\":[\"/a?b=c#d\",true],\"d\":{\"ns\":{\"k\":\"v\"}}}\n");
  }

  @Test
  void aLogFilterMayBeOne() throws ConfigException {
    RuntimeReader runtime = new ScriptedRuntime();
    assertThat(LogFilter.of(filter("response.code >= 500"), runtime).passes(answered())).isTrue();
    assertThat(LogFilter.of(filter("response.code < 500"), runtime).passes(answered())).isFalse();
    assertThatThrownBy(() -> LogFilter.of(filter(""), runtime))
        .hasMessageStartingWith("Not able to parse filter expression: INVALID_ARGUMENT: ERROR: ");
  }

  private static AccessLogFilter filter(String expression) {
    return AccessLogFilter.newBuilder()
        .setExtensionFilter(
            ExtensionFilter.newBuilder()
                .setTypedConfig(
                    Any.pack(ExpressionFilter.newBuilder().setExpression(expression).build())))
        .build();
  }

  private static Value string(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }
}
