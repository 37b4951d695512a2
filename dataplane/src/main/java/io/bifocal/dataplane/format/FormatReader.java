package io.bifocal.dataplane.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.bifocal.api.Extensions;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import java.util.Set;

/** Reads {@code envoy.config.core.v3.SubstitutionFormatString}. */
public final class FormatReader {
  private static final String TYPE = "type.googleapis.com/envoy.extensions.formatter.";

  /** Whose commands every format knows here, asked for or not. */
  private static final Set<String> FORMATTERS =
      Set.of(
          TYPE + "cel.v3.Cel",
          TYPE + "req_without_query.v3.ReqWithoutQuery",
          TYPE + "metadata.v3.Metadata");

  private FormatReader() {}

  /**
   * Reads one.
   *
   * @throws ConfigException in Envoy's words when the format has a mistake, or asks for commands
   *     that are not known here
   */
  @SuppressWarnings("deprecation") // text_format
  public static Format read(SubstitutionFormatString config) throws ConfigException {
    for (TypedExtensionConfig formatter : config.getFormattersList()) {
      if (!FORMATTERS.contains(formatter.getTypedConfig().getTypeUrl())) {
        throw Extensions.unregistered(formatter.getName(), formatter.getTypedConfig());
      }
    }
    boolean omitEmpty = config.getOmitEmptyValues();
    return switch (config.getFormatCase()) {
      case TEXT_FORMAT -> Format.text(config.getTextFormat(), omitEmpty);
      case TEXT_FORMAT_SOURCE ->
          Format.text(DataSources.read(config.getTextFormatSource()).toString(UTF_8), omitEmpty);
      case JSON_FORMAT -> Format.json(config.getJsonFormat(), omitEmpty);
      case FORMAT_NOT_SET -> Format.DEFAULT;
    };
  }

  /** What a body of that format is. */
  public static String contentType(SubstitutionFormatString config) {
    if (!config.getContentType().isEmpty()) {
      return config.getContentType();
    }
    return config.hasJsonFormat() ? "application/json" : "text/plain";
  }
}
