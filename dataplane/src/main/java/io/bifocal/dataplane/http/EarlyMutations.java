package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.headermutation.HeaderMutations;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes to a request's headers before anything else looks at them.
 *
 * <p>Source: {@code early_header_mutation_extensions}.
 */
final class EarlyMutations {
  private static final String TYPE =
      "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";

  private EarlyMutations() {}

  /** Null when nothing is changed. */
  static @Nullable HeaderMutations read(List<TypedExtensionConfig> extensions, String where)
      throws ConfigException {
    List<io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation> all =
        new ArrayList<>();
    for (TypedExtensionConfig extension : extensions) {
      if (!extension.getTypedConfig().getTypeUrl().equals(TYPE)) {
        throw new ConfigException(
            "Early header mutation extension not found: '%s'".formatted(extension.getName()));
      }
      all.addAll(
          Unpack.as(HeaderMutation.getDefaultInstance(), extension.getTypedConfig())
              .getMutationsList());
    }
    return all.isEmpty()
        ? null
        : HeaderMutations.of(all, where + ".early_header_mutation_extensions");
  }
}
