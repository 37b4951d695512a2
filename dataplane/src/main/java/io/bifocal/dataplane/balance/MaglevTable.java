package io.bifocal.dataplane.balance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bifocal.dataplane.balance.ConsistentHash.Maglev;
import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.dataplane.host.Host;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A table that hosts fill in turn, each in an order of its own. Source: the paper "Maglev: A Fast
 * and Reliable Software Network Load Balancer", section 3.4, with Envoy's hashes and weights.
 */
final class MaglevTable implements HashTable {
  private static final int EMPTY = -1;

  private final List<Host> hosts;
  private final int[] hostAt;

  MaglevTable(Maglev config, List<Host> unsorted, ToDoubleFunction<Host> weight) {
    // The order must not depend on how the hosts were listed.
    hosts =
        unsorted.stream()
            .sorted(Comparator.comparing(host -> bytes(config, host), Arrays::compareUnsigned))
            .toList();
    hostAt = new int[config.size()];
    Arrays.fill(hostAt, EMPTY);
    fill(config, weight);
  }

  private static byte[] bytes(Maglev config, Host host) {
    return config.common().key(host).getBytes(UTF_8);
  }

  private void fill(Maglev config, ToDoubleFunction<Host> weight) {
    int size = config.size();
    double sum = hosts.stream().mapToDouble(weight).sum();
    double heaviest = hosts.stream().mapToDouble(weight).max().orElse(1) / sum;
    long[] at = new long[hosts.size()];
    long[] skip = new long[hosts.size()];
    double[] target = new double[hosts.size()];
    for (int i = 0; i < at.length; i++) {
      byte[] key = bytes(config, hosts.get(i));
      at[i] = Long.remainderUnsigned(XxHash64.hash(key), size);
      skip[i] = Long.remainderUnsigned(XxHash64.hash(key, 1), size - 1) + 1;
    }
    int filled = 0;
    for (int round = 1; filled < size; round++) {
      for (int i = 0; i < at.length && filled < size; i++) {
        // The heaviest takes its turn in every round, the others in proportion.
        if (round * (weight.applyAsDouble(hosts.get(i)) / sum) < target[i]) {
          continue;
        }
        target[i] += heaviest;
        while (hostAt[(int) at[i]] != EMPTY) {
          at[i] = (at[i] + skip[i]) % size;
        }
        hostAt[(int) at[i]] = i;
        at[i] = (at[i] + skip[i]) % size;
        filled++;
      }
    }
  }

  @Override
  public Host find(long wanted, int attempt) {
    // Most bits differ with every attempt.
    long hash = attempt == 0 ? wanted : wanted ^ -attempt;
    return hosts.get(hostAt[(int) Long.remainderUnsigned(hash, hostAt.length)]);
  }

  @Override
  public TableShape shape() {
    return TableShape.of(hostAt, hosts.size());
  }
}
