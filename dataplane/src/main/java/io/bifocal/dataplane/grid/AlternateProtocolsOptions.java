package io.bifocal.dataplane.grid;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a cache of alternative protocols obeys. Caches of one name are one cache, and must be
 * configured alike.
 *
 * @param maxEntries how many origins are remembered
 * @param prepopulated origins that are known to speak HTTP/3 from the start
 * @param canonicalSuffixes of names that share what is known, each with a dot at its start; of
 *     several that fit the first holds
 * @param file where what is known is kept, or null
 */
public record AlternateProtocolsOptions(
    String name,
    int maxEntries,
    List<Origin> prepopulated,
    List<String> canonicalSuffixes,
    @Nullable KeyValueFile file) {

  static final int DEFAULT_MAX_ENTRIES = 1024;

  private static final SupportedFields FIELDS =
      SupportedFields.of(AlternateProtocolsCacheOptions.getDescriptor())
          .supports(
              "name",
              "max_entries",
              "prepopulated_entries",
              "canonical_suffixes",
              "key_value_store_config");

  /** What is kept in the process alone. */
  AlternateProtocolsOptions(
      String name, int maxEntries, List<Origin> prepopulated, List<String> canonicalSuffixes) {
    this(name, maxEntries, prepopulated, canonicalSuffixes, null);
  }

  /**
   * Reads {@code envoy.config.core.v3.AlternateProtocolsCacheOptions}, which satisfies its
   * constraints.
   *
   * @param path of the message, for errors
   */
  public static AlternateProtocolsOptions read(AlternateProtocolsCacheOptions options, String path)
      throws ConfigException {
    var unused = FIELDS.check(options, path); // nothing of it is without effect
    List<Origin> prepopulated = new ArrayList<>();
    for (AlternateProtocolsCacheEntry entry : options.getPrepopulatedEntriesList()) {
      if (entry.getHostname().isEmpty()) {
        throw new ConfigException(
            "%s.prepopulated_entries[%d].hostname is empty: no request goes there"
                .formatted(path, prepopulated.size()));
      }
      prepopulated.add(new Origin(entry.getHostname(), entry.getPort()));
    }
    List<String> suffixes = new ArrayList<>();
    for (String suffix : options.getCanonicalSuffixesList()) {
      if (!suffix.startsWith(".")) {
        throw new ConfigException(
            "%s.canonical_suffixes[%d]: '%s' does not begin with '.'"
                .formatted(path, suffixes.size(), suffix));
      }
      suffixes.add(suffix.toLowerCase(Locale.ROOT));
    }
    long most =
        options.hasMaxEntries()
            ? Integer.toUnsignedLong(options.getMaxEntries().getValue())
            : DEFAULT_MAX_ENTRIES;
    return new AlternateProtocolsOptions(
        options.getName(),
        (int) Math.min(most, Integer.MAX_VALUE),
        List.copyOf(prepopulated),
        List.copyOf(suffixes),
        options.hasKeyValueStoreConfig()
            ? KeyValueFile.read(options.getKeyValueStoreConfig(), path + ".key_value_store_config")
            : null);
  }
}
