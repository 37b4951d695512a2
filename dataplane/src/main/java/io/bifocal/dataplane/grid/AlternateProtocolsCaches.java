package io.bifocal.dataplane.grid;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The process's caches of alternative protocols, by name. They stay once they are there, for
 * clusters come and go. Confined to the control loop; the caches themselves are thread-safe.
 */
public final class AlternateProtocolsCaches {
  private final Loop loop;
  private final Scope scope;
  private final Map<String, AlternateProtocolsCache> caches = new HashMap<>();

  private final List<AlternateProtocolsStore> stores = new ArrayList<>(0);

  /**
   * @param loop the control loop
   * @param scope where each counts below its name
   */
  public AlternateProtocolsCaches(Loop loop, Scope scope) {
    this.loop = loop;
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

  /** Writes what is to be kept. */
  public void close() {
    stores.forEach(AlternateProtocolsStore::write);
  }

  private AlternateProtocolsCache make(AlternateProtocolsOptions options) {
    AlternateProtocolsCache cache = new AlternateProtocolsCache(options, loop::nanoTime);
    Scope own = scope.scope(options.name());
    own.gauge("entries").read(cache::size);
    own.counter("evictions").read(cache::evictions);
    own.counter("malformed").read(cache::malformed);
    KeyValueFile file = options.file();
    if (file != null) {
      AlternateProtocolsStore store = new AlternateProtocolsStore(loop, cache, file, own);
      stores.add(store);
      store.begin();
    }
    return cache;
  }
}
