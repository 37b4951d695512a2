package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Which host a hash leads to: the same one for all workers and proxies, and for as many hashes as
 * can be also when hosts come and go.
 */
public sealed interface ConsistentHash extends Policy {
  /** How often a hash's host may be loaded beyond the others, and by what hosts are told apart. */
  Common common();

  /** A table of some hosts; there is at least one. */
  default HashTable table(List<Host> hosts) {
    return table(hosts, Host::weight);
  }

  /**
   * The same.
   *
   * @param weight of each host against the others; none is 0
   */
  HashTable table(List<Host> hosts, ToDoubleFunction<Host> weight);

  /**
   * What both kinds have.
   *
   * @param byHostname whether a host is hashed by its name rather than its address
   * @param balanceFactor how much of the average load a host may have, in percent; 0 for any
   */
  record Common(boolean byHostname, int balanceFactor) {
    public static final Common DEFAULT = new Common(false, 0);

    /** By what a host is hashed. */
    String key(Host host) {
      if (host.metadata().getFilterMetadataCount() > 0) {
        var lb = host.metadata().getFilterMetadataMap().get("envoy.lb");
        var key = lb == null ? null : lb.getFieldsMap().get("hash_key");
        if (key != null && key.hasStringValue() && !key.getStringValue().isEmpty()) {
          return key.getStringValue();
        }
      }
      return byHostname && !host.hostname().isEmpty() ? host.hostname() : host.primary().text();
    }
  }

  /**
   * {@code RING_HASH}.
   *
   * @param least entries of a ring
   * @param most entries of a ring
   */
  record Ring(long least, long most, Function function, Common common) implements ConsistentHash {
    public static final Ring DEFAULT =
        new Ring(1024, 8 * 1024 * 1024, Function.XX_HASH, Common.DEFAULT);

    /** By what the ring's entries are hashed. */
    public enum Function {
      XX_HASH,
      MURMUR_HASH_2
    }

    @Override
    public HashTable table(List<Host> hosts, ToDoubleFunction<Host> weight) {
      return new HashRing(this, hosts, weight);
    }
  }

  /**
   * {@code MAGLEV}.
   *
   * @param size of the table, a prime
   */
  record Maglev(int size, Common common) implements ConsistentHash {
    public static final Maglev DEFAULT = new Maglev(65537, Common.DEFAULT);

    @Override
    public HashTable table(List<Host> hosts, ToDoubleFunction<Host> weight) {
      return new MaglevTable(this, hosts, weight);
    }
  }
}
