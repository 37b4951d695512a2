package io.bifocal.dataplane.balance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bifocal.dataplane.balance.ConsistentHash.Ring;
import io.bifocal.dataplane.hash.MurmurHash2;
import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A ring on which every host stands in many places; a hash leads to the next place. Source: Envoy's
 * {@code RingHashLoadBalancer}, with the same places for the same hosts.
 */
final class HashRing implements HashTable {
  private static final long SIGN = Long.MIN_VALUE;

  private final List<Host> hosts;
  // Sorted as unsigned numbers, which these are with the sign turned round.
  private final long[] places;
  private final int[] hostAt;

  HashRing(Ring config, List<Host> hosts, ToDoubleFunction<Host> weight) {
    this.hosts = hosts;
    double sum = hosts.stream().mapToDouble(weight).sum();
    double least = hosts.stream().mapToDouble(weight).min().orElse(1) / sum;
    double scale =
        Math.min(Math.ceil(least * (double) config.least()) / least, (double) config.most());
    int size = (int) Math.ceil(scale);
    long[] hashes = new long[size + hosts.size()];
    int[] owners = new int[size + hosts.size()];
    int count = 0;
    double target = 0;
    for (int i = 0; i < hosts.size(); i++) {
      String key = config.common().key(hosts.get(i)) + "_";
      target += scale * (weight.applyAsDouble(hosts.get(i)) / sum);
      for (int n = 0; count < target; n++) {
        hashes[count] = hash(config, key + n) ^ SIGN;
        owners[count] = i;
        count++;
      }
    }
    int[] order =
        IntStream.range(0, count)
            .boxed()
            .sorted((a, b) -> Long.compare(hashes[a], hashes[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    places = new long[count];
    hostAt = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = hashes[order[i]];
      hostAt[i] = owners[order[i]];
    }
  }

  private static long hash(Ring config, String key) {
    byte[] bytes = key.getBytes(UTF_8);
    return config.function() == Ring.Function.MURMUR_HASH_2
        ? MurmurHash2.hash(bytes)
        : XxHash64.hash(bytes);
  }

  @Override
  public Host find(long hash, int attempt) {
    long wanted = hash ^ SIGN;
    int low = 0;
    int high = places.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (places[middle] < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return hosts.get(hostAt[(int) (((long) low + attempt) % places.length)]);
  }

  @Override
  public TableShape shape() {
    return TableShape.of(hostAt, hosts.size());
  }
}
