package io.bifocal.dataplane.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.extension.LogFilter;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.format.FormatReader;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the answers that are made here: the first mapper that takes one changes it.
 *
 * <p>Source: {@code HttpConnectionManager.local_reply_config}.
 */
final class LocalReplies {
  private static final SupportedFields FIELDS =
      SupportedFields.of(LocalReplyConfig.getDescriptor()).supports("mappers", "body_format");
  private static final SupportedFields MAPPER =
      SupportedFields.of(ResponseMapper.getDescriptor())
          .supports("filter", "status_code", "body", "body_format_override", "headers_to_add");

  private static final BodyFormat PLAIN = new BodyFormat(null, "text/plain");

  private final List<Mapper> mappers;
  private final BodyFormat format;

  private record BodyFormat(@Nullable Format format, String contentType) {
    static BodyFormat of(SubstitutionFormatString config) throws ConfigException {
      return new BodyFormat(FormatReader.read(config), FormatReader.contentType(config));
    }
  }

  /** What takes an answer; a status of 0 leaves its own. */
  private record Mapper(
      LogFilter filter,
      int status,
      @Nullable String body,
      HeaderChanges headers,
      @Nullable BodyFormat format) {}

  /** An answer as the client is to see it. */
  record Answer(int status, String body, String contentType) {}

  private LocalReplies(List<Mapper> mappers, BodyFormat format) {
    this.mappers = List.copyOf(mappers);
    this.format = format;
  }

  /**
   * Reads them.
   *
   * @param runtime where filters look up their keys
   */
  static LocalReplies of(LocalReplyConfig config, RuntimeReader runtime, String where)
      throws ConfigException {
    FIELDS.check(config, where);
    List<Mapper> mappers = new ArrayList<>();
    for (int i = 0; i < config.getMappersCount(); i++) {
      mappers.add(mapper(config.getMappers(i), runtime, where + ".mappers[" + i + "]"));
    }
    return new LocalReplies(
        mappers, config.hasBodyFormat() ? BodyFormat.of(config.getBodyFormat()) : PLAIN);
  }

  private static Mapper mapper(ResponseMapper config, RuntimeReader runtime, String path)
      throws ConfigException {
    MAPPER.check(config, path);
    return new Mapper(
        LogFilter.of(config.getFilter(), runtime),
        config.getStatusCode().getValue(),
        config.hasBody() ? DataSources.read(config.getBody()).toString(UTF_8) : null,
        HeaderChanges.of(config.getHeadersToAddList(), List.of(), path + ".headers_to_add"),
        config.hasBodyFormatOverride() ? BodyFormat.of(config.getBodyFormatOverride()) : null);
  }

  /** Makes of an answer what the configuration wants; its headers are changed in place. */
  Answer rewrite(int status, String body, HttpHeaders headers, StreamInfo info) {
    int code = status;
    BodyFormat chosen = format;
    info.localReplyBody = body;
    for (int i = 0; i < mappers.size(); i++) {
      Mapper mapper = mappers.get(i);
      if (mapper.filter.passes(info)) {
        if (mapper.body != null) {
          info.localReplyBody = mapper.body;
        }
        mapper.headers.apply(headers, info);
        if (mapper.status != 0) {
          code = mapper.status;
          info.responseCode = code;
        }
        chosen = mapper.format == null ? format : mapper.format;
        break;
      }
    }
    Format text = chosen.format;
    String made = text == null ? info.localReplyBody : text.of(info);
    info.localReplyBody = "";
    return new Answer(code, made, chosen.contentType);
  }
}
