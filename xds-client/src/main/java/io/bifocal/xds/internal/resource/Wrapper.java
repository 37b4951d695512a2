package io.bifocal.xds.internal.resource;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The message in which a resource comes with a name, aliases and a time to live. */
final class Wrapper {
  private static final String URL = MessageTypes.url(Resource.getDescriptor());

  private Wrapper() {}

  /** Whether a state-of-the-world response has this resource in one. */
  static boolean is(Any any) {
    return any.getTypeUrl().equals(URL);
  }

  static Resource unwrap(Any any) throws ConfigException {
    try {
      return Resource.parseFrom(any.getValue());
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(
          "Unable to unpack as " + Resource.getDescriptor().getFullName() + ": " + e.getMessage(),
          e);
    }
  }

  /** Null for ever. */
  static @Nullable Duration ttl(Resource resource) throws ConfigException {
    if (!resource.hasTtl()) {
      return null;
    }
    long seconds = resource.getTtl().getSeconds();
    int nanos = resource.getTtl().getNanos();
    // Bounded, so that no sum of instants overflows; a century is for ever.
    if (seconds < 0 || nanos < 0 || nanos > 999_999_999) {
      throw new ConfigException(
          "Invalid duration: Expected positive duration: ttl of " + resource.getName());
    }
    return Duration.ofSeconds(Math.min(seconds, 3_155_760_000L), nanos);
  }
}
