package io.bifocal.dataplane.balance;

import com.google.protobuf.Struct;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * How a cluster's hosts are divided by their metadata {@code envoy.lb}, and who serves a request
 * whose criteria no subset has. Source: {@code Cluster.LbSubsetConfig}.
 *
 * @param fallback where no selector says otherwise
 * @param defaultSubset what the hosts of the default subset have
 * @param localityWeightAware whether localities have their weights within a subset
 * @param scaleLocalityWeight whether a locality's weight falls with its hosts that a subset lacks
 * @param panicModeAny whether any host serves when the fallback has none
 * @param listAsAny whether a host with a list of values has each of them
 * @param fallbackList whether a request's {@code fallback_list} names what is tried in turn
 * @param allowRedundantKeys whether keys count that the first selector among them does not have
 */
public record Subsets(
    Fallback fallback,
    Struct defaultSubset,
    List<Selector> selectors,
    boolean localityWeightAware,
    boolean scaleLocalityWeight,
    boolean panicModeAny,
    boolean listAsAny,
    boolean fallbackList,
    boolean allowRedundantKeys) {
  /** A request's criterion that is a list of others, to be tried one after another. */
  static final String FALLBACK_LIST = "fallback_list";

  public Subsets {
    selectors = List.copyOf(selectors);
  }

  /** Who serves instead. */
  public enum Fallback {
    NO_FALLBACK,
    ANY_ENDPOINT,
    DEFAULT_SUBSET,
    /** A subset of fewer keys; of selectors only. */
    KEYS_SUBSET
  }

  /**
   * Keys for each of whose values there is a subset.
   *
   * @param fallback null for the cluster's
   * @param fallbackKeys of {@code KEYS_SUBSET}
   * @param singleHost whether a subset is the first of its hosts, whatever its health
   */
  public record Selector(
      SortedSet<String> keys,
      @Nullable Fallback fallback,
      List<String> fallbackKeys,
      boolean singleHost) {
    public Selector {
      fallbackKeys = List.copyOf(fallbackKeys);
    }
  }
}
