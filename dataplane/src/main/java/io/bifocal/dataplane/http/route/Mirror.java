package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who gets a copy of a request ({@code request_mirror_policies}).
 *
 * @param cluster empty when {@code header} names it
 * @param fraction null for all requests
 * @param suffix whether {@code -shadow} is appended to the copy's authority
 */
public record Mirror(
    String cluster,
    @Nullable AsciiString header,
    @Nullable RuntimeFraction fraction,
    boolean suffix) {

  static final SupportedFields FIELDS =
      SupportedFields.of(RequestMirrorPolicy.getDescriptor())
          .supports(
              "cluster", "cluster_header", "runtime_fraction", "disable_shadow_host_suffix_append")
          .ignores("requests are not traced", "trace_sampled");

  static List<Mirror> all(List<RequestMirrorPolicy> configs, RuntimeReader runtime, String where)
      throws ConfigException {
    List<Mirror> mirrors = new ArrayList<>();
    for (RequestMirrorPolicy config : configs) {
      mirrors.add(of(config, runtime, where + ".request_mirror_policies"));
    }
    return List.copyOf(mirrors);
  }

  private static Mirror of(RequestMirrorPolicy config, RuntimeReader runtime, String where)
      throws ConfigException {
    RouteFields.check(FIELDS, config, where);
    String cluster = config.getCluster();
    String header = config.getClusterHeader();
    if (!cluster.isEmpty() && !header.isEmpty()) {
      throw new ConfigException(
          "Only one of cluster '%s' or cluster_header '%s' in request mirror policy can be specified"
              .formatted(cluster, header));
    }
    if (cluster.isEmpty() && header.isEmpty()) {
      throw new ConfigException(
          "Exactly one of cluster or cluster_header in request mirror policy need to be specified");
    }
    return new Mirror(
        cluster,
        header.isEmpty() ? null : AsciiString.cached(header.toLowerCase(Locale.ROOT)),
        config.hasRuntimeFraction()
            ? RuntimeFraction.of(config.getRuntimeFraction(), runtime)
            : null,
        !config.getDisableShadowHostSuffixAppend());
  }

  /** The cluster's name for a request; empty when its header does not name one. */
  public String clusterFor(RequestHead head) {
    return header == null ? cluster : head.headers.get(header, "");
  }

  /**
   * Whether the request that {@code random} stands for is copied.
   *
   * @param random not negative
   */
  public boolean includes(long random) {
    return fraction == null || fraction.includes(random);
  }
}
