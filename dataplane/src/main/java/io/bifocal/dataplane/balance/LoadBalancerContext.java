package io.bifocal.dataplane.balance;

import org.jspecify.annotations.Nullable;

/**
 * What of a request its host is chosen by. Source: Envoy's {@code LoadBalancerContext}.
 *
 * @param hashed whether there is a hash
 * @param hash of what the request's route says; only consistent hashing looks at it
 * @param criteria what its hosts must be like; null for any. Only clusters with subsets look at it
 * @param retry what is left out; null for nothing
 */
public record LoadBalancerContext(
    boolean hashed, long hash, @Nullable MetadataCriteria criteria, @Nullable RetryPlan retry) {
  /** Any host will do. */
  public static final LoadBalancerContext NONE = new LoadBalancerContext(false, 0, null, null);

  public static LoadBalancerContext of(long hash) {
    return NONE.hashed(hash);
  }

  /** The same with a hash. */
  public LoadBalancerContext hashed(long of) {
    return new LoadBalancerContext(true, of, criteria, retry);
  }

  /** The same for hosts like these; null for any. */
  public LoadBalancerContext like(@Nullable MetadataCriteria wanted) {
    return new LoadBalancerContext(hashed, hash, wanted, retry);
  }

  /** The same for a try after others. */
  public LoadBalancerContext again(RetryPlan plan) {
    return new LoadBalancerContext(hashed, hash, criteria, plan);
  }
}
