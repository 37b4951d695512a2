package io.bifocal.xds.internal.bootstrap;

import io.envoyproxy.envoy.config.core.v3.ConfigSource;

/** Where resources come from: a {@code ConfigSource}, checked. */
public sealed interface SourceSettings
    permits AggregatedSettings, StreamSettings, RestSettings, FileSettings {

  /**
   * Checks, in Envoy's words where it has some.
   *
   * @throws IllegalArgumentException when it is of a kind that is not served, or lacks something,
   *     saying so
   */
  @SuppressWarnings("deprecation") // path, which Envoy still takes
  static SourceSettings of(ConfigSource source, Servers servers) {
    if (source.getResourceApiVersionValue() == Fields.V2) {
      throw new IllegalArgumentException("resource_api_version V2 is not served: V3 is");
    }
    Fields.check(Fields.SOURCE, source, "config_source");
    return switch (source.getConfigSourceSpecifierCase()) {
      case ADS -> AggregatedSettings.INSTANCE;
      case API_CONFIG_SOURCE -> Fields.ofServer(source.getApiConfigSource(), servers);
      case PATH -> FileSettings.of(source.getPath());
      case PATH_CONFIG_SOURCE -> FileSettings.of(source.getPathConfigSource());
      case SELF, CONFIGSOURCESPECIFIER_NOT_SET ->
          throw new IllegalArgumentException(
              "Missing config source specifier in envoy::config::core::v3::ConfigSource");
    };
  }
}
