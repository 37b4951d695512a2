package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.balance.Subsets;
import io.bifocal.dataplane.balance.Subsets.Fallback;
import io.bifocal.dataplane.balance.Subsets.Selector;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.subset.v3.Subset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Subsets, from {@code Cluster.lb_subset_config} or from a policy's message. */
final class SubsetsReader {
  private final String path;
  private final List<String> warnings;

  SubsetsReader(String path, List<String> warnings) {
    this.path = path;
    this.warnings = warnings;
  }

  /** Null when there are none: without selectors there is nothing to tell apart. */
  @Nullable Subsets read(LbSubsetConfig config) throws ConfigException {
    if (config.getSubsetSelectorsCount() == 0) {
      return null;
    }
    warnings.addAll(ClusterFields.SUBSETS.check(config, path));
    List<Selector> selectors = new ArrayList<>();
    for (LbSubsetConfig.LbSubsetSelector selector : config.getSubsetSelectorsList()) {
      warnings.addAll(ClusterFields.SELECTOR.check(selector, path + ".subset_selectors"));
      add(
          selectors,
          selector.getKeysList(),
          selector.getFallbackPolicyValue(),
          selector.getFallbackKeysSubsetList(),
          selector.getSingleHostPerSubset());
    }
    return new Subsets(
        fallback(config.getFallbackPolicyValue()),
        config.getDefaultSubset(),
        selectors,
        config.getLocalityWeightAware(),
        config.getScaleLocalityWeight(),
        config.getPanicModeAny(),
        config.getListAsAny(),
        config.getMetadataFallbackPolicy()
            == LbSubsetConfig.LbSubsetMetadataFallbackPolicy.FALLBACK_LIST,
        false);
  }

  Subsets read(Subset config) throws ConfigException {
    warnings.addAll(ClusterFields.TYPED_SUBSETS.check(config, path));
    List<Selector> selectors = new ArrayList<>();
    for (Subset.LbSubsetSelector selector : config.getSubsetSelectorsList()) {
      warnings.addAll(ClusterFields.TYPED_SELECTOR.check(selector, path + ".subset_selectors"));
      add(
          selectors,
          selector.getKeysList(),
          selector.getFallbackPolicyValue(),
          selector.getFallbackKeysSubsetList(),
          selector.getSingleHostPerSubset());
    }
    if (config.getAllowRedundantKeys()) { // then of several the one with the most keys counts
      selectors.sort(Comparator.comparingInt(selector -> -selector.keys().size()));
    }
    return new Subsets(
        fallback(config.getFallbackPolicyValue()),
        config.getDefaultSubset(),
        selectors,
        config.getLocalityWeightAware(),
        config.getScaleLocalityWeight(),
        config.getPanicModeAny(),
        config.getListAsAny(),
        config.getMetadataFallbackPolicy() == Subset.LbSubsetMetadataFallbackPolicy.FALLBACK_LIST,
        config.getAllowRedundantKeys());
  }

  private static Fallback fallback(int policy) {
    return switch (policy) {
      case 1 -> Fallback.ANY_ENDPOINT;
      case 2 -> Fallback.DEFAULT_SUBSET;
      default -> Fallback.NO_FALLBACK;
    };
  }

  private static void add(
      List<Selector> selectors,
      Collection<String> names,
      int policy,
      Collection<String> fallbackNames,
      boolean singleHost)
      throws ConfigException {
    SortedSet<String> keys = new TreeSet<>(names);
    SortedSet<String> fallbackKeys = new TreeSet<>(fallbackNames);
    Fallback fallback =
        switch (policy) {
          case 1 -> Fallback.NO_FALLBACK;
          case 2 -> Fallback.ANY_ENDPOINT;
          case 3 -> Fallback.DEFAULT_SUBSET;
          case 4 -> Fallback.KEYS_SUBSET;
          default -> null;
        };
    if (fallback != Fallback.KEYS_SUBSET) {
      if (!fallbackKeys.isEmpty()) {
        throw new ConfigException(
            "fallback_keys_subset can be set only for KEYS_SUBSET fallback_policy");
      }
    } else if (fallbackKeys.isEmpty()) {
      throw new ConfigException("fallback_keys_subset cannot be empty");
    } else if (!keys.containsAll(fallbackKeys)) {
      throw new ConfigException("fallback_keys_subset must be a subset of selector keys");
    } else if (keys.size() == fallbackKeys.size()) {
      throw new ConfigException("fallback_keys_subset cannot be equal to keys");
    }
    if (!keys.isEmpty()) {
      selectors.add(new Selector(keys, fallback, List.copyOf(fallbackKeys), singleHost));
    }
  }
}
