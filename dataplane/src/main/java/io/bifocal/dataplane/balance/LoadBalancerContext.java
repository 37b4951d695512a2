package io.bifocal.dataplane.balance;

/**
 * What of a request its host is chosen by. Source: Envoy's {@code LoadBalancerContext}.
 *
 * @param hashed whether there is a hash
 * @param hash of what the request's route says; only consistent hashing looks at it
 * @param excluded priorities that are left out unless they are all there are, a bit each
 */
public record LoadBalancerContext(boolean hashed, long hash, long excluded) {
  /** Any host will do. */
  public static final LoadBalancerContext NONE = new LoadBalancerContext(false, 0, 0);

  public static LoadBalancerContext of(long hash) {
    return new LoadBalancerContext(true, hash, 0);
  }
}
