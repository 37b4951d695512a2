package io.bifocal.dataplane.grid;

import io.bifocal.api.ConfigException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The process's caches of alternative protocols, by name. They stay once they are there, for
 * clusters come and go. Confined to the control loop; the caches themselves are thread-safe.
 */
public final class AlternateProtocolsCaches {
  private final LongSupplier clock;
  private final Map<String, AlternateProtocolsCache> caches = new HashMap<>();

  /**
   * @param clock monotonic nanoseconds, the same as the loops'
   */
  public AlternateProtocolsCaches(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * The cache of this name.
   *
   * @throws ConfigException if there is one with other options
   */
  public AlternateProtocolsCache get(AlternateProtocolsOptions options) throws ConfigException {
    AlternateProtocolsCache cache =
        caches.computeIfAbsent(options.name(), name -> new AlternateProtocolsCache(options, clock));
    if (!cache.options().equals(options)) {
      throw new ConfigException(
          "options specified alternate protocols cache '%s' with different settings first '%s'"
                  .formatted(options.name(), cache.options())
              + " second '%s'".formatted(options));
    }
    return cache;
  }
}
