package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.RateLimit.HitsAddend;
import org.jspecify.annotations.Nullable;

/** As how many a request counts: a number, or what a command says of it. */
record RateLimitHits(long number, @Nullable Format format) {
  static final RateLimitHits ONE = new RateLimitHits(1, null);

  /** Stands for what is no number in bounds. */
  static final long NONE = -1;

  private static final double MOST = 1e9;

  static RateLimitHits of(HitsAddend config) throws ConfigException {
    if (config.hasNumber() != config.getFormat().isEmpty()) {
      throw new ConfigException("hits_addend must contain either a format or a number");
    }
    return config.hasNumber()
        ? new RateLimitHits(config.getNumber().getValue(), null)
        : new RateLimitHits(NONE, command(config.getFormat()));
  }

  private static Format command(String format) throws ConfigException {
    Format command = Format.command(format);
    if (command == null) {
      throw new ConfigException("hits_addend format must contain exactly one substitution");
    }
    return command;
  }

  long of(StreamInfo info) {
    return format == null ? number : parsed(format.of(info));
  }

  private static long parsed(String text) {
    try {
      double hits = Double.parseDouble(text);
      return hits >= 0 && hits <= MOST ? (long) hits : NONE;
    } catch (NumberFormatException e) {
      return NONE;
    }
  }
}
