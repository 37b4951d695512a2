package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig;
import io.envoyproxy.envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig.FormatterTypeOnEnvoyHeaders;

/** How the names of headers are to be written to a cluster, or to clients. */
public final class HeaderKeyFormatReader {
  private HeaderKeyFormatReader() {}

  /** What is configured; a formatter that is not there is refused as by Envoy. */
  public static HeaderKeyFormat read(Http1ProtocolOptions.HeaderKeyFormat config)
      throws ConfigException {
    return switch (config.getHeaderFormatCase()) {
      case PROPER_CASE_WORDS -> new HeaderKeyFormat.ProperCaseWords();
      case STATEFUL_FORMATTER -> stateful(config.getStatefulFormatter());
      default -> HeaderKeyFormat.LOWER_CASE;
    };
  }

  private static HeaderKeyFormat stateful(TypedExtensionConfig config) throws ConfigException {
    PreserveCaseFormatterConfig format =
        Extensions.only(
            PreserveCaseFormatterConfig.getDefaultInstance(),
            config.getName(),
            config.getTypedConfig());
    return new HeaderKeyFormat.PreserveCase(
        format.getFormatterTypeOnEnvoyHeaders() == FormatterTypeOnEnvoyHeaders.PROPER_CASE,
        format.getForwardReasonPhrase());
  }
}
