package io.bifocal.dataplane.balance;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.balance.SubsetIndex.Subset;
import io.bifocal.dataplane.balance.Subsets.Fallback;
import io.bifocal.dataplane.balance.Subsets.Selector;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One worker's chooser of hosts by what they are like. What criteria come to is worked out once,
 * and then known by them. Confined to the worker. Source: Envoy's documentation, "Load balancer
 * subsets".
 */
public final class SubsetBalancer {
  /** Criteria of which it is known what they come to; requests can bring any. */
  private static final int MOST_KNOWN = 1000;

  private final Subsets config;
  private final Supplier<LoadBalancer> balancers;
  private final LbStats stats;
  private final Map<MetadataCriteria, Group> groups = new HashMap<>();
  private final Map<MetadataCriteria, List<Choice>> known = new HashMap<>();
  private final Group any;
  private final Group byDefault;
  private SubsetIndex index = SubsetIndex.EMPTY;
  private List<Choice> withoutCriteria;

  /**
   * @param balancers makes one for each subset
   */
  public SubsetBalancer(Subsets config, Supplier<LoadBalancer> balancers, LbStats stats) {
    this.config = config;
    this.balancers = balancers;
    this.stats = stats;
    this.any = new Group(balancers.get());
    this.byDefault = new Group(balancers.get());
    this.withoutCriteria = List.of(fallback());
  }

  /** The hosts are these from now on. */
  public void update(SubsetIndex next) {
    index = next;
    any.hosts = next.any();
    byDefault.hosts = next.byDefault();
    groups.keySet().retainAll(next.subsets().keySet());
    groups.forEach((key, group) -> group.take(Objects.requireNonNull(next.subsets().get(key))));
    known.clear();
    withoutCriteria = List.of(fallback());
  }

  /** A host for the next request, or null when none is usable. */
  public @Nullable Host choose(LoadBalancerContext context) {
    List<Choice> choices = choices(context.criteria());
    for (int i = 0; i < choices.size(); i++) {
      Host host = choices.get(i).choose(context);
      if (host != null) {
        return host;
      }
    }
    return null;
  }

  /** Some hosts, and whose turn it is among them. */
  private static final class Group {
    private final LoadBalancer balancer;
    private HostSet hosts = HostSet.EMPTY;
    private @Nullable Host only;

    Group(LoadBalancer balancer) {
      this.balancer = balancer;
    }

    void take(Subset subset) {
      hosts = subset.hosts();
      only = subset.single() ? hosts.all().get(0) : null;
    }

    @Nullable Host choose(LoadBalancerContext context) {
      return only == null ? balancer.choose(hosts, context) : only;
    }
  }

  /** What criteria come to. */
  private interface Choice {
    @Nullable Host choose(LoadBalancerContext context);
  }

  private List<Choice> choices(@Nullable MetadataCriteria criteria) {
    if (criteria == null) {
      return withoutCriteria;
    }
    List<Choice> choices = known.get(criteria);
    if (choices == null) {
      if (known.size() >= MOST_KNOWN) {
        known.clear();
      }
      choices = resolve(criteria);
      known.put(criteria, choices);
    }
    return choices;
  }

  /** Several in turn where criteria have a list of fallbacks. */
  private List<Choice> resolve(MetadataCriteria criteria) {
    Value list = criteria.values().get(Subsets.FALLBACK_LIST);
    if (!config.fallbackList() || list == null) {
      return List.of(one(criteria));
    }
    MetadataCriteria rest = criteria.without(Subsets.FALLBACK_LIST);
    List<Choice> choices = new ArrayList<>();
    for (Value each : list.getListValue().getValuesList()) {
      Struct more = each.getStructValue();
      choices.add(one(rest.with(more)));
    }
    return choices.isEmpty() ? List.of(one(rest)) : choices;
  }

  private Choice one(MetadataCriteria criteria) {
    MetadataCriteria used = config.allowRedundantKeys() ? reduced(criteria) : criteria;
    Subset subset = index.subsets().get(used);
    if (subset != null) {
      Group group = groups.computeIfAbsent(used, key -> new Group(balancers.get()));
      group.take(subset);
      return context -> {
        stats.subsetsSelected.inc();
        return group.choose(context);
      };
    }
    for (Selector selector : config.selectors()) {
      Fallback own = selector.fallback();
      if (own != null && selector.keys().equals(used.values().keySet())) {
        return fallback(own, selector, used);
      }
    }
    return fallback();
  }

  private MetadataCriteria reduced(MetadataCriteria criteria) {
    for (Selector selector : config.selectors()) {
      if (criteria.values().keySet().containsAll(selector.keys())) {
        return criteria.only(selector.keys());
      }
    }
    return criteria;
  }

  private Choice fallback(Fallback policy, Selector selector, MetadataCriteria criteria) {
    return switch (policy) {
      case NO_FALLBACK -> context -> null;
      case ANY_ENDPOINT -> any::choose;
      case DEFAULT_SUBSET -> byDefault::choose;
      case KEYS_SUBSET -> one(criteria.only(selector.fallbackKeys()));
    };
  }

  private Choice fallback() {
    if (config.fallback() == Fallback.NO_FALLBACK) {
      return context -> null;
    }
    Group group = config.fallback() == Fallback.ANY_ENDPOINT ? any : byDefault;
    return context -> {
      Host host = group.choose(context);
      if (host != null) {
        stats.subsetsFallback.inc();
      } else if (config.panicModeAny()) {
        host = any.choose(context);
        if (host != null) {
          stats.subsetsFallbackPanic.inc();
        }
      }
      return host;
    };
  }
}
