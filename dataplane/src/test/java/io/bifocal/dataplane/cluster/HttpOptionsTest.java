package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.grid.AlternateProtocolsCache;
import io.bifocal.dataplane.grid.AlternateProtocolsOptions;
import io.bifocal.dataplane.grid.GridOptions;
import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Http2Options.KeepAlive;
import io.bifocal.dataplane.pool.ResponseLimits;
import io.bifocal.dataplane.runtime.HeaderLimits;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.QuicOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is spoken to a cluster. */
class HttpOptionsTest {
  private final List<String> warnings = new ArrayList<>();
  private final ScriptedRuntime runtime = new ScriptedRuntime();

  private HttpOptions read(String typed) throws Exception {
    return read(typed, false);
  }

  private static GridOptions grid(AlternateProtocolsCacheOptions options, String path)
      throws ConfigException {
    return new GridOptions(
        new AlternateProtocolsCache(AlternateProtocolsOptions.read(options, path), () -> 0),
        RuntimeReader.NONE);
  }

  private HttpOptions read(String typed, boolean tls) throws Exception {
    return read(typed, tls ? UpstreamTlsContext.getDefaultInstance() : null);
  }

  private HttpOptions read(String typed, @Nullable Message socket) throws Exception {
    HttpProtocolOptions options = TextFormat.parse(typed, HttpProtocolOptions.class);
    Cluster.Builder cluster = inline("a").toBuilder();
    cluster.putTypedExtensionProtocolOptions("http", Any.pack(options));
    if (socket != null) {
      cluster.getTransportSocketBuilder().setName("tls").setTypedConfig(Any.pack(socket));
    }
    return HttpOptions.read(
        cluster.build(), new HeaderLimits(runtime), "here", HttpOptionsTest::grid, warnings);
  }

  private HttpOptions old(String fields) throws Exception {
    Cluster cluster =
        inline("a").toBuilder().mergeFrom(TextFormat.parse(fields, Cluster.class)).build();
    return HttpOptions.read(
        cluster, new HeaderLimits(runtime), "here", HttpOptionsTest::grid, warnings);
  }

  @Test
  void http11IsTheDefault() throws Exception {
    assertThat(old("").protocol()).isEqualTo(ApplicationProtocol.HTTP_1_1);
    assertThat(read("explicit_http_config { http_protocol_options { } }").protocol())
        .isEqualTo(ApplicationProtocol.HTTP_1_1);
  }

  @Test
  void http2IsSpokenWhereItIsSaid() throws Exception {
    HttpOptions options = read("explicit_http_config { http2_protocol_options { } }");
    assertThat(options.protocol()).isEqualTo(ApplicationProtocol.HTTP_2);
    assertThat(options.http2()).isEqualTo(Http2Options.DEFAULT);
    assertThat(old("http2_protocol_options { }").protocol()).isEqualTo(ApplicationProtocol.HTTP_2);
    assertThat(warnings).isEmpty();
  }

  @Test
  void itsSettingsAreObeyed() throws Exception {
    HttpOptions options =
        read(
            """
            explicit_http_config { http2_protocol_options {
              hpack_table_size { } max_concurrent_streams { value: 7 }
              initial_stream_window_size { value: 65535 }
              initial_connection_window_size { value: 65536 }
              max_outbound_control_frames { value: 8 }
              max_consecutive_inbound_frames_with_empty_payload { value: 9 }
              override_stream_error_on_invalid_http_message { value: true }
              connection_keepalive { interval { seconds: 5 } timeout { seconds: 1 }
                interval_jitter { value: 20 } connection_idle_interval { seconds: 3 } } } }
            """);
    assertThat(options.http2())
        .isEqualTo(
            new Http2Options(
                7,
                65535,
                65536,
                0,
                8,
                9,
                true,
                new KeepAlive(
                    Duration.ofSeconds(5), Duration.ofSeconds(1), 20, Duration.ofSeconds(3))));
    assertThat(warnings).isEmpty();
  }

  @Test
  void whatHasNoEffectIsTold() throws Exception {
    var unused =
        read(
            "explicit_http_config { http2_protocol_options { max_outbound_frames { value: 5 } } }");
    assertThat(warnings)
        .containsExactly(
            "here.typed_extension_protocol_options['http'].explicit_http_config"
                + ".http2_protocol_options: field 'max_outbound_frames' is ignored: what waits to"
                + " be sent is bounded by per_connection_buffer_limit_bytes");
    warnings.clear();
    unused = read("explicit_http_config { http_protocol_options { accept_http_10: true } }");
    assertThat(warnings)
        .containsExactly(
            "here.typed_extension_protocol_options['http'].explicit_http_config"
                + ".http_protocol_options: field 'accept_http_10' is ignored: it is about requests"
                + " from clients");
  }

  @Test
  void http1IsSpokenAsItIsConfigured() throws Exception {
    HttpOptions options =
        read(
            "explicit_http_config { http_protocol_options { send_fully_qualified_url: true"
                + " enable_trailers: true allow_chunked_length: true header_key_format {"
                + " proper_case_words { } } } }");
    assertThat(options.http1())
        .isEqualTo(
            new Http1UpstreamOptions(
                new HeaderKeyFormat.ProperCaseWords(), true, true, true, ResponseLimits.HTTP_1));
    assertThat(warnings).isEmpty();
  }

  @Test
  void headsOfAnswersAreLimited() throws Exception {
    HttpOptions options =
        read(
            "explicit_http_config { http_protocol_options { } } common_http_protocol_options {"
                + " max_headers_count { value: 7 } max_response_headers_kb {"
                + " value: 3 } }");
    assertThat(options.http1().limits()).isEqualTo(new ResponseLimits(3 * 1024, 7));
    assertThat(options.http2().limits()).isEqualTo(new ResponseLimits(3 * 1024, 7));
    assertThat(warnings).isEmpty();
  }

  @Test
  void aFormatterThatIsNotThereIsRefused() {
    assertThatThrownBy(
            () ->
                read(
                    "explicit_http_config { http_protocol_options { header_key_format {"
                        + " stateful_formatter { name: 'x' typed_config {"
                        + " [type.googleapis.com/google.protobuf.Empty] { } } } } } }"))
        .hasMessageContaining("google.protobuf.Empty");
  }

  @Test
  void autoIsAsTlsAgrees() throws Exception {
    assertThat(read("auto_config { }", true).protocol()).isEqualTo(ApplicationProtocol.HTTP);
  }

  @Test
  void http3FirstNeedsQuicAndWhatIsKnownOfOrigins() throws Exception {
    assertThatThrownBy(() -> read("auto_config { http3_protocol_options { } }", true))
        .hasMessage(
            "alternate protocols cache must be configured when HTTP/3 is enabled with auto_config");
    String http3 =
        "auto_config { http3_protocol_options { } alternate_protocols_cache_options { name: 'c' } }";
    assertThatThrownBy(() -> read(http3, true))
        .hasMessage("HTTP3 requires a QuicUpstreamTransport transport socket: a tls");
    HttpOptions options = read(http3, QuicUpstreamTransport.getDefaultInstance());
    assertThat(options.protocol()).as("over TCP").isEqualTo(ApplicationProtocol.HTTP);
    assertThat(requireNonNull(options.grid()).cache().options().name()).isEqualTo("c");
    assertThat(read("auto_config { }", QuicUpstreamTransport.getDefaultInstance()).grid()).isNull();
    assertThat(warnings).isEmpty();
    var unused = read("auto_config { alternate_protocols_cache_options { name: 'c' } }", true);
    assertThat(warnings.get(0)).contains("alternate_protocols_cache_options has no effect");
  }

  @ParameterizedTest
  @CsvSource({
    "'', 0, 15000",
    "max_interval { seconds: 3 } initial_interval { nanos: 500000000 }, 500, 3000",
    "max_interval { }, 0, 0",
  })
  void aSilentPeerIsAskedAsOftenAsTheConfigurationSays(String keepAlive, long initial, long max)
      throws Exception {
    HttpOptions options =
        read(
            "explicit_http_config { http3_protocol_options { quic_protocol_options {"
                + " connection_keepalive { "
                + keepAlive
                + " } } } }",
            QuicUpstreamTransport.getDefaultInstance());
    assertThat(options.quic().keepAlive())
        .isEqualTo(new QuicOptions.KeepAlive(Duration.ofMillis(initial), Duration.ofMillis(max)));
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "disable_qpack: true, field 'disable_qpack' is ignored: headers go without",
    "override_stream_error_on_invalid_http_message { value: true }, field"
        + " 'override_stream_error_on_invalid_http_message' is ignored: a malformed answer",
    "allow_extended_connect: true, field 'allow_extended_connect' is ignored: no request of an",
    "allow_metadata: true, field 'allow_metadata' is ignored: METADATA frames are neither",
    "quic_protocol_options { num_timeouts_to_trigger_port_migration { value: 2 } }, field"
        + " 'num_timeouts_to_trigger_port_migration' is ignored: a connection stays on its port",
    "quic_protocol_options { connection_options: 'x' }, field 'connection_options' is ignored:"
        + " they are tags of another library",
    "quic_protocol_options { client_connection_options: 'x' }, field"
        + " 'client_connection_options' is ignored: they are tags of another library",
    "quic_protocol_options { max_packet_length { value: 1300 } }, field 'max_packet_length' is"
        + " ignored: packets have the library's size",
  })
  void whatHasNoEffectOnHttp3IsWarnedOf(String field, String warning) throws Exception {
    HttpOptions options =
        read(
            "explicit_http_config { http3_protocol_options { " + field + " } }",
            QuicUpstreamTransport.getDefaultInstance());
    assertThat(options.quic()).isEqualTo(QuicOptions.DEFAULT);
    assertThat(warnings).singleElement().asString().contains("http3_protocol_options", warning);
  }

  @Test
  void quicIsSpokenUpstreamAsTheConfigurationSays() throws Exception {
    HttpOptions options =
        read(
            "explicit_http_config { http3_protocol_options { quic_protocol_options {"
                + " max_concurrent_streams { value: 9 } initial_stream_window_size { value: 70000 }"
                + " initial_connection_window_size { value: 80000 } idle_network_timeout {"
                + " seconds: 7 } } } }",
            QuicUpstreamTransport.getDefaultInstance());
    assertThat(options.quic())
        .isEqualTo(
            new QuicOptions(
                9, 70_000, 80_000, Duration.ofSeconds(7), QuicOptions.KeepAlive.DEFAULT));
    assertThat(warnings).isEmpty();
  }

  @Test
  void whatTheClientSpeaksCanBeSpokenUpstream() throws Exception {
    HttpOptions options = read("use_downstream_protocol_config { http2_protocol_options { } }");
    assertThat(warnings).isEmpty();
    assertThat(options.protocolFor(ApplicationProtocol.HTTP_1_1))
        .isEqualTo(ApplicationProtocol.HTTP_1_1);
    assertThat(options.protocolFor(ApplicationProtocol.HTTP_2))
        .isEqualTo(ApplicationProtocol.HTTP_2);
    assertThat(options.protocolFor(ApplicationProtocol.HTTP_3))
        .as("what is next to it over TCP")
        .isEqualTo(ApplicationProtocol.HTTP_2);
    assertThat(
            old("http2_protocol_options { } protocol_selection: USE_DOWNSTREAM_PROTOCOL")
                .protocolFor(ApplicationProtocol.HTTP_2))
        .isEqualTo(ApplicationProtocol.HTTP_2);
  }

  @Test
  void http3ThatTheClientSpeaksIsSpokenUpstreamOverQuic() throws Exception {
    String config = "use_downstream_protocol_config { http3_protocol_options { } }";
    assertThatThrownBy(() -> read(config, true))
        .hasMessage("HTTP3 requires a QuicUpstreamTransport transport socket: a tls");
    HttpOptions options = read(config, QuicUpstreamTransport.getDefaultInstance());
    assertThat(options.protocolFor(ApplicationProtocol.HTTP_3))
        .isEqualTo(ApplicationProtocol.HTTP_3);
    assertThat(options.protocolFor(ApplicationProtocol.HTTP_2))
        .isEqualTo(ApplicationProtocol.HTTP_2);
    assertThat(options.protocolFor(ApplicationProtocol.HTTP_1_1))
        .isEqualTo(ApplicationProtocol.HTTP_1_1);
    assertThat(options.mayUseHttp3()).isTrue();
    assertThat(warnings).isEmpty();
  }

  @Test
  void theRuntimeSaysHowLongHeadsMayBeWhereTheClusterDoesNot() throws Exception {
    runtime.set("envoy.reloadable_features.max_response_headers_count", "5");
    assertThat(read("auto_config {}", true).http1().limits())
        .isEqualTo(new ResponseLimits(80 * 1024, 5));
    runtime.set("envoy.reloadable_features.max_response_headers_size_kb", "2");
    assertThat(read("auto_config {}", true).http2().limits())
        .isEqualTo(new ResponseLimits(2 * 1024, 5));
    assertThat(
            read(
                    "common_http_protocol_options { max_headers_count { value: 7 } } auto_config {}",
                    true)
                .http1()
                .limits())
        .isEqualTo(new ResponseLimits(2 * 1024, 7));
  }
}
