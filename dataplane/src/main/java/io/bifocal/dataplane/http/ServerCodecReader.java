package io.bifocal.dataplane.http;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.cluster.Http2OptionsReader;
import io.bifocal.dataplane.http.codec.Http1Limits;
import io.bifocal.dataplane.http.codec.Http2ServerOptions;
import io.bifocal.dataplane.http.codec.Http3ServerOptions;
import io.bifocal.dataplane.http.codec.ServerCodec;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter;
import io.envoyproxy.envoy.config.core.v3.Http3ProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a connection manager's configuration says of the versions of HTTP. */
final class ServerCodecReader {
  static final SupportedFields HTTP1 =
      SupportedFields.of(Http1ProtocolOptions.getDescriptor())
          .supports(
              "allow_absolute_url",
              "accept_http_10",
              "default_host_for_http_10",
              "header_key_format",
              "enable_trailers",
              "allow_chunked_length")
          .ignores("only h2c is overlooked", "ignore_http_11_upgrade")
          .ignores("methods are those that Envoy's parser knows", "allow_custom_methods")
          .ignores(
              "a connection ends with a message that is none",
              "override_stream_error_on_invalid_http_message")
          .ignores("it is about upstreams", "send_fully_qualified_url")
          .ignores("there is one parser", "use_balsa_parser");

  static final SupportedFields HTTP2 =
      SupportedFields.of(Http2ProtocolOptions.getDescriptor())
          .supports(
              "hpack_table_size",
              "max_concurrent_streams",
              "initial_stream_window_size",
              "initial_connection_window_size",
              "allow_connect",
              "max_outbound_frames",
              "max_outbound_control_frames",
              "max_consecutive_inbound_frames_with_empty_payload",
              "max_inbound_priority_frames_per_stream",
              "max_inbound_window_update_frames_per_data_frame_sent",
              "stream_error_on_invalid_http_messaging",
              "override_stream_error_on_invalid_http_message",
              "custom_settings_parameters",
              "connection_keepalive")
          .ignores(
              "METADATA frames are neither sent nor read", "allow_metadata", "max_metadata_size")
          .ignores("there is one codec", "use_oghttp2_codec");

  static final SupportedFields HTTP3 =
      SupportedFields.of(Http3ProtocolOptions.getDescriptor())
          .supports("override_stream_error_on_invalid_http_message", "allow_extended_connect")
          .ignores(
              "those of the listener's udp_listener_config are obeyed", "quic_protocol_options")
          .ignores("METADATA frames are neither sent nor read", "allow_metadata")
          .ignores("there is no dynamic table in any case", "disable_qpack");

  // What has a field of its own, and what no server says.
  private static final Map<Integer, String> NAMED =
      Map.of(
          1, "hpack_table_size",
          2, "SETTINGS_ENABLE_PUSH",
          3, "max_concurrent_streams",
          4, "initial_stream_window_size",
          8, "allow_connect");

  private ServerCodecReader() {}

  static ServerCodec read(
      HttpConnectionManager config, Http1Limits limits, String where, List<String> warnings)
      throws ConfigException {
    ServerCodec.Kind kind =
        switch (config.getCodecType()) {
          case AUTO -> ServerCodec.Kind.AUTO;
          case HTTP1 -> ServerCodec.Kind.HTTP1;
          case HTTP2 -> ServerCodec.Kind.HTTP2;
          case HTTP3 -> ServerCodec.Kind.HTTP3;
          default ->
              throw new ConfigException(
                  where + ".codec_type: " + config.getCodecType() + " not supported");
        };
    return new ServerCodec(
        kind,
        Http1OptionsReader.read(
            config.getHttpProtocolOptions(), limits, where + ".http_protocol_options", warnings),
        http2(config, limits, where, warnings),
        http3(config, limits, where, warnings));
  }

  private static Http2ServerOptions http2(
      HttpConnectionManager config, Http1Limits limits, String where, List<String> warnings)
      throws ConfigException {
    Http2ProtocolOptions options = config.getHttp2ProtocolOptions();
    String path = where + ".http2_protocol_options";
    warnings.addAll(HTTP2.check(options, path));
    Http2ProtocolOptions effective = options;
    if (config.hasStreamErrorOnInvalidHttpMessage()
        && !options.hasOverrideStreamErrorOnInvalidHttpMessage()) {
      effective =
          options.toBuilder()
              .setOverrideStreamErrorOnInvalidHttpMessage(
                  config.getStreamErrorOnInvalidHttpMessage())
              .build();
    }
    return new Http2ServerOptions(
        Http2OptionsReader.of(effective),
        limits,
        number(options.hasMaxOutboundFrames(), options.getMaxOutboundFrames(), 10_000),
        number(
            options.hasMaxInboundPriorityFramesPerStream(),
            options.getMaxInboundPriorityFramesPerStream(),
            100),
        number(
            options.hasMaxInboundWindowUpdateFramesPerDataFrameSent(),
            options.getMaxInboundWindowUpdateFramesPerDataFrameSent(),
            10),
        options.getAllowConnect(),
        settings(options, path));
  }

  private static Http3ServerOptions http3(
      HttpConnectionManager config, Http1Limits limits, String where, List<String> warnings)
      throws ConfigException {
    Http3ProtocolOptions options = config.getHttp3ProtocolOptions();
    warnings.addAll(HTTP3.check(options, where + ".http3_protocol_options"));
    return new Http3ServerOptions(
        limits,
        options.hasOverrideStreamErrorOnInvalidHttpMessage()
            ? options.getOverrideStreamErrorOnInvalidHttpMessage().getValue()
            : config.getStreamErrorOnInvalidHttpMessage().getValue(),
        options.getAllowExtendedConnect());
  }

  private static Map<Character, Long> settings(Http2ProtocolOptions options, String path)
      throws ConfigException {
    Map<Character, Long> all = new HashMap<>();
    for (SettingsParameter parameter : options.getCustomSettingsParametersList()) {
      int id = parameter.getIdentifier().getValue();
      long value = Integer.toUnsignedLong(parameter.getValue().getValue());
      String named = NAMED.get(id);
      if (named != null) {
        throw new ConfigException(
            "%s.custom_settings_parameters: %d is %s".formatted(path, id, named));
      }
      Long before = all.put((char) id, value);
      if (before != null && before != value) {
        throw new ConfigException(
            "%s.custom_settings_parameters: %d has two values".formatted(path, id));
      }
    }
    return all;
  }

  /** An unsigned number as an int: four billion is as good as two. */
  private static int number(boolean set, UInt32Value value, int otherwise) {
    if (!set) {
      return otherwise;
    }
    return value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }
}
