package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Address;
import org.jspecify.annotations.Nullable;

/**
 * What of a request its host is chosen by. Source: Envoy's {@code LoadBalancerContext}.
 *
 * @param hashed whether there is a hash
 * @param hash of what the request's route says; only consistent hashing looks at it
 * @param criteria what its hosts must be like; null for any. Only clusters with subsets look at it
 * @param retry what is left out; null for nothing
 * @param destination where it is to go; only clusters without hosts of their own look at it
 */
public record LoadBalancerContext(
    boolean hashed,
    long hash,
    @Nullable MetadataCriteria criteria,
    @Nullable RetryPlan retry,
    @Nullable Address destination) {
  /** Any host will do. */
  public static final LoadBalancerContext NONE =
      new LoadBalancerContext(false, 0, null, null, null);

  public static LoadBalancerContext of(long hash) {
    return NONE.hashed(hash);
  }

  /** The same with a hash. */
  public LoadBalancerContext hashed(long of) {
    return new LoadBalancerContext(true, of, criteria, retry, destination);
  }

  /** The same for hosts like these; null for any. */
  public LoadBalancerContext like(@Nullable MetadataCriteria wanted) {
    return new LoadBalancerContext(hashed, hash, wanted, retry, destination);
  }

  /** The same to an address; null when none is known. */
  public LoadBalancerContext to(@Nullable Address wanted) {
    return new LoadBalancerContext(hashed, hash, criteria, retry, wanted);
  }

  /** The same for a try after others. */
  public LoadBalancerContext again(RetryPlan plan) {
    return new LoadBalancerContext(hashed, hash, criteria, plan, destination);
  }
}
