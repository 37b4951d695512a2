package io.bifocal.dataplane.balance;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A cluster's hosts, divided. Worked out once for all workers when hosts change; immutable.
 *
 * @param any all hosts
 * @param byDefault those of the default subset
 * @param subsets by what all of their hosts have
 * @param duplicates hosts that a subset of a single host has no place for
 */
public record SubsetIndex(
    HostSet any, HostSet byDefault, Map<MetadataCriteria, Subset> subsets, int duplicates) {
  /** Without hosts. */
  public static final SubsetIndex EMPTY =
      new SubsetIndex(HostSet.EMPTY, HostSet.EMPTY, Map.of(), 0);

  /**
   * One part of the hosts.
   *
   * @param single whether its only host serves whatever its health
   */
  record Subset(HostSet hosts, boolean single) {}

  /** How many subsets there are that were not there before. */
  public int newSince(SubsetIndex before) {
    return (int) subsets.keySet().stream().filter(key -> !before.subsets.containsKey(key)).count();
  }

  public static SubsetIndex of(Subsets config, HostSet hosts) {
    return new Division(config, hosts).index();
  }

  private static final class Division {
    private final Subsets config;
    private final Collection<Subsets.Selector> selectors;
    private final HostSet all;
    private final int levels;
    private final Map<MetadataCriteria, Part> parts = new HashMap<>();
    private int duplicates;

    Division(Subsets config, HostSet all) {
      this.config = config;
      // Of several with the same keys the first one says it all.
      Map<Set<String>, Subsets.Selector> byKeys = new LinkedHashMap<>();
      config.selectors().forEach(selector -> byKeys.putIfAbsent(selector.keys(), selector));
      this.selectors = byKeys.values();
      this.all = all;
      this.levels = all.priorities().size();
    }

    SubsetIndex index() {
      Part byDefault = new Part(false);
      for (int priority = 0; priority < levels; priority++) {
        for (Host host : all.priorities().get(priority)) {
          Map<String, Value> fields = fields(host);
          if (matchesDefault(fields)) {
            byDefault.add(priority, host);
          }
          for (Subsets.Selector selector : selectors) {
            for (MetadataCriteria key : keys(selector, fields)) {
              parts.computeIfAbsent(key, k -> new Part(selector.singleHost())).add(priority, host);
            }
          }
        }
      }
      Map<MetadataCriteria, Subset> subsets = new HashMap<>();
      parts.forEach((key, part) -> subsets.put(key, new Subset(part.hosts(), part.single)));
      return new SubsetIndex(weighted(all), byDefault.hosts(), Map.copyOf(subsets), duplicates);
    }

    private static Map<String, Value> fields(Host host) {
      Struct fields = host.metadata().getFilterMetadataMap().get(MetadataCriteria.NAMESPACE);
      return fields == null ? Map.of() : fields.getFieldsMap();
    }

    private boolean matchesDefault(Map<String, Value> fields) {
      return config.defaultSubset().getFieldsMap().entrySet().stream()
          .allMatch(
              wanted -> {
                Value value = fields.get(wanted.getKey());
                return value != null && values(value).contains(wanted.getValue());
              });
    }

    private List<Value> values(Value value) {
      return config.listAsAny() && value.hasListValue()
          ? value.getListValue().getValuesList()
          : List.of(value);
    }

    /** The subsets that a host belongs to by one selector: several when a value is a list. */
    private List<MetadataCriteria> keys(Subsets.Selector selector, Map<String, Value> fields) {
      List<TreeMap<String, Value>> found = List.of(new TreeMap<>());
      for (String key : selector.keys()) {
        Value value = fields.get(key);
        if (value == null) {
          return List.of();
        }
        List<TreeMap<String, Value>> next = new ArrayList<>();
        for (TreeMap<String, Value> before : found) {
          for (Value each : values(value)) {
            TreeMap<String, Value> more = new TreeMap<>(before);
            more.put(key, each);
            next.add(more);
          }
        }
        found = next;
      }
      return found.stream().map(MetadataCriteria::new).distinct().toList();
    }

    private HostSet weighted(HostSet hosts) {
      if (!config.localityWeightAware()) {
        return hosts.unweighted();
      }
      return config.scaleLocalityWeight() ? hosts.scaledFrom(all) : hosts;
    }

    /** Hosts of one subset, as they are found. */
    private final class Part {
      private final boolean single;
      private final List<List<Host>> byPriority = new ArrayList<>();

      Part(boolean single) {
        this.single = single;
        for (int i = 0; i < levels; i++) {
          byPriority.add(new ArrayList<>(1));
        }
      }

      void add(int priority, Host host) {
        List<Host> here = byPriority.get(priority);
        if (single && !here.isEmpty()) {
          duplicates++;
        } else {
          here.add(host);
        }
      }

      HostSet hosts() {
        return weighted(all.with(byPriority));
      }
    }
  }
}
