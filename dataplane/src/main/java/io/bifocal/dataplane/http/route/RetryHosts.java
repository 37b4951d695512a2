package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryHostPredicate;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryPriority;
import io.envoyproxy.envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import java.util.ArrayList;
import java.util.List;

/** Which hosts a retry leaves out ({@code retry_host_predicate}). */
public sealed interface RetryHosts {
  /** Those that were tried. */
  record Previous() implements RetryHosts {}

  /** Canaries: {@code canary} is true in the metadata {@code envoy.lb}. */
  record Canary() implements RetryHosts {}

  /** Those whose metadata {@code envoy.lb} has all of these values. */
  record WithMetadata(Struct wanted) implements RetryHosts {}

  static List<RetryHosts> all(List<RetryHostPredicate> configs) throws ConfigException {
    String prefix = "envoy.extensions.retry.host.";
    List<RetryHosts> all = new ArrayList<>();
    for (RetryHostPredicate config : configs) {
      Any any = config.getTypedConfig();
      String type = MessageTypes.nameOf(any.getTypeUrl());
      if (type.equals(prefix + "previous_hosts.v3.PreviousHostsPredicate")) {
        all.add(new Previous());
      } else if (type.equals(prefix + "omit_canary_hosts.v3.OmitCanaryHostsPredicate")) {
        all.add(new Canary());
      } else if (type.equals(prefix + "omit_host_metadata.v3.OmitHostMetadataConfig")) {
        all.add(
            new WithMetadata(
                Unpack.as(OmitHostMetadataConfig.getDefaultInstance(), any)
                    .getMetadataMatch()
                    .getFilterMetadataOrDefault("envoy.lb", Struct.getDefaultInstance())));
      } else {
        throw Extensions.unregistered(config.getName(), any);
      }
    }
    return all;
  }

  /** After how many tries their priorities are left out; zero for never. */
  static int priorities(RetryPriority config) throws ConfigException {
    if (config.getName().isEmpty()) {
      return 0;
    }
    return Extensions.only(
            PreviousPrioritiesConfig.getDefaultInstance(),
            config.getName(),
            config.getTypedConfig())
        .getUpdateFrequency();
  }
}
