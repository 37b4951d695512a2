package io.bifocal.xds.bootstrap;

import io.bifocal.api.JavaDuration;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import java.util.Locale;

/** Which sources of resources are served. */
public final class SourceKinds {
  private static final Duration INITIAL_FETCH_TIMEOUT = Duration.ofSeconds(15);

  private SourceKinds() {}

  /**
   * Whether a source is the aggregated stream; else it is an {@code api_config_source}.
   *
   * @throws IllegalArgumentException for any other kind, naming it
   */
  public static boolean isAggregated(ConfigSource source) {
    return switch (source.getConfigSourceSpecifierCase()) {
      case ADS -> true;
      case API_CONFIG_SOURCE -> false;
      case CONFIGSOURCESPECIFIER_NOT_SET ->
          throw new IllegalArgumentException("a config source that says no kind is not served");
      case PATH, PATH_CONFIG_SOURCE, SELF ->
          throw new IllegalArgumentException(
              "a config source of kind "
                  + source.getConfigSourceSpecifierCase().name().toLowerCase(Locale.ROOT)
                  + " is not served: ads and api_config_source are");
    };
  }

  /** How long a subscription waits for its first answer; zero for ever. */
  public static Duration initialFetchTimeout(ConfigSource source) {
    return source.hasInitialFetchTimeout()
        ? JavaDuration.of(source.getInitialFetchTimeout())
        : INITIAL_FETCH_TIMEOUT;
  }
}
