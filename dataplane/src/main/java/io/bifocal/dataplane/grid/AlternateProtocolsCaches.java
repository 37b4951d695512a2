package io.bifocal.dataplane.grid;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The process's caches of alternative protocols, by name. They stay once they are there, for
 * clusters come and go. Confined to the control loop; the caches themselves are thread-safe.
 */
public final class AlternateProtocolsCaches {
  private final LongSupplier clock;
  private final Scope scope;
  private final Map<String, AlternateProtocolsCache> caches = new HashMap<>();

  /**
   * @param clock monotonic nanoseconds, the same as the loops'
   * @param scope where each counts below its name
   */
  public AlternateProtocolsCaches(LongSupplier clock, Scope scope) {
    this.clock = clock;
    this.scope = scope;
  }

  /**
   * The cache of this name.
   *
   * @throws ConfigException if there is one with other options
   */
  public AlternateProtocolsCache get(AlternateProtocolsOptions options) throws ConfigException {
    AlternateProtocolsCache cache = caches.computeIfAbsent(options.name(), name -> make(options));
    if (!cache.options().equals(options)) {
      throw new ConfigException(
          "options specified alternate protocols cache '%s' with different settings first '%s'"
                  .formatted(options.name(), cache.options())
              + " second '%s'".formatted(options));
    }
    return cache;
  }

  private AlternateProtocolsCache make(AlternateProtocolsOptions options) {
    AlternateProtocolsCache cache = new AlternateProtocolsCache(options, clock);
    Scope own = scope.scope(options.name());
    own.gauge("entries").read(cache::size);
    own.counter("evictions").read(cache::evictions);
    own.counter("malformed").read(cache::malformed);
    return cache;
  }
}
