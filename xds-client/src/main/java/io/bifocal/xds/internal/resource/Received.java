package io.bifocal.xds.internal.resource;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a response.
 *
 * @param aliases other names by which it can be asked for (delta)
 * @param version its own (delta), else that of its response
 * @param value null when it came without a body: a heartbeat, which only renews the TTL
 * @param ttl how long it lives if nothing renews it; null for ever
 */
public record Received<T extends Message>(
    String name, List<String> aliases, String version, @Nullable T value, @Nullable Duration ttl) {
  public Received {
    aliases = List.copyOf(aliases);
  }

  public boolean isHeartbeat() {
    return value == null;
  }
}
