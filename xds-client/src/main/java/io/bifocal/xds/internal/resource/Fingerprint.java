package io.bifocal.xds.internal.resource;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;

/**
 * A number that is the same for two responses which say the same. Without versions: a server may
 * count them up each time. Of the bytes their hashes, which are looked up anyway.
 */
final class Fingerprint {
  private Fingerprint() {}

  static long of(DiscoveryResponse response) {
    long print = 1;
    for (Any any : response.getResourcesList()) {
      print = mix(print, any);
    }
    return print;
  }

  static long of(DeltaDiscoveryResponse response) {
    long print = 1;
    for (Resource resource : response.getResourcesList()) {
      print = mix(mix(print, resource.getName().hashCode()), resource.getResource());
    }
    for (String removed : response.getRemovedResourcesList()) {
      print = mix(print, removed.hashCode());
    }
    return print;
  }

  private static long mix(long print, Any any) {
    long size = any.getValue().size();
    return mix(mix(print, any.getTypeUrl().hashCode()), size << 32 ^ any.getValue().hashCode());
  }

  private static long mix(long print, long more) {
    long mixed = (print ^ more) * 0x9E3779B97F4A7C15L;
    return mixed ^ (mixed >>> 32);
  }
}
