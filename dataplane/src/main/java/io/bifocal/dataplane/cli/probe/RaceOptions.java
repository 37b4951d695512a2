package io.bifocal.dataplane.cli.probe;

import com.google.protobuf.UInt32Value;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.ConnectSettings.DestinationOrdering;
import io.bifocal.dataplane.dns.LookupFamily;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.FirstAddressFamilyVersion;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** By which rules to race; named like the fields that tell a cluster. */
final class RaceOptions {
  private static final Duration MAX_CONNECT_TIMEOUT = Duration.ofMinutes(10);

  /** The families that can come first. */
  enum FirstFamily {
    V4(FirstAddressFamilyVersion.V4),
    V6(FirstAddressFamilyVersion.V6);

    private final FirstAddressFamilyVersion version;

    FirstFamily(FirstAddressFamilyVersion version) {
      this.version = version;
    }
  }

  @Option(
      names = "--family",
      paramLabel = "FAMILY",
      defaultValue = "all",
      description = "all, auto, v4_only, v6_only or v4_preferred (dns_lookup_family); default all")
  LookupFamily family = LookupFamily.ALL;

  @Option(
      names = "--first-family",
      paramLabel = "v4|v6",
      description = "which family is tried first; default that of the first address")
  @Nullable FirstFamily firstFamily;

  @Option(
      names = "--first-count",
      paramLabel = "N",
      defaultValue = "1",
      description = "how many of the first family are tried before one of the other; default 1")
  int firstCount = 1;

  @Option(
      names = "--attempt-delay",
      paramLabel = "TIME",
      defaultValue = "300ms",
      converter = DurationConverter.class,
      description = "how long an attempt has the field to itself; default 300ms")
  Duration attemptDelay = ConnectSettings.DEFAULT.attemptDelay();

  @Option(
      names = "--growth",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description = "by how much each further delay is longer; default 1")
  double growth = 1;

  @Option(
      names = "--resolution-delay",
      paramLabel = "TIME",
      defaultValue = "50ms",
      converter = DurationConverter.class,
      description = "how long an IPv4 answer waits for the IPv6 one; default 50ms")
  Duration resolutionDelay = ConnectSettings.DEFAULT.resolutionDelay();

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = DurationConverter.class,
      description = "how long a whole race may take, TLS included; default 5s")
  Duration connectTimeout = Duration.ofSeconds(5);

  @Option(
      names = "--ordering",
      paramLabel = "ORDER",
      defaultValue = "as_answered",
      description =
          "as_answered or rfc6724: how a resolver's addresses lie before families are interleaved;"
              + " default as_answered")
  DestinationOrdering ordering = DestinationOrdering.AS_ANSWERED;

  /**
   * The rules that these say.
   *
   * @param memory whether races learn from those before
   */
  Rules rules(boolean memory) throws BadUsage {
    within(
        "--attempt-delay",
        attemptDelay,
        ConnectSettings.MIN_ATTEMPT_DELAY,
        ConnectSettings.MAX_ATTEMPT_DELAY);
    within(
        "--resolution-delay", resolutionDelay, Duration.ZERO, ConnectSettings.MAX_RESOLUTION_DELAY);
    within("--connect-timeout", connectTimeout, Duration.ofMillis(1), MAX_CONNECT_TIMEOUT);
    if (!(growth >= 1 && growth <= ConnectSettings.MAX_GROWTH)) {
      throw new BadUsage(
          "--growth must be from 1 to %.0f, not %s".formatted(ConnectSettings.MAX_GROWTH, growth));
    }
    if (firstCount < 1) {
      throw new BadUsage("--first-count must be at least 1, not " + firstCount);
    }
    ConnectSettings settings =
        new ConnectSettings(
            attemptDelay, growth, DelayMode.FIXED, memory, resolutionDelay, ordering);
    return new Rules(family, sorting(), settings, connectTimeout);
  }

  private HappyEyeballsConfig sorting() {
    HappyEyeballsConfig.Builder sorting = HappyEyeballsConfig.newBuilder();
    sorting.setFirstAddressFamilyCount(UInt32Value.of(firstCount));
    if (firstFamily != null) {
      sorting.setFirstAddressFamilyVersion(firstFamily.version);
    }
    return sorting.build();
  }

  private static void within(String option, Duration value, Duration least, Duration most)
      throws BadUsage {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new BadUsage(
          "%s must be from %d ms to %d ms, not %d ms"
              .formatted(option, least.toMillis(), most.toMillis(), value.toMillis()));
    }
  }
}
