package io.bifocal.xds.resource;

import com.google.protobuf.Message;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a response.
 *
 * @param version its own (delta), else that of its response
 * @param value null when it came without a body: a heartbeat, which only renews the TTL
 * @param ttl how long it lives if nothing renews it; null for ever
 */
public record Received<T extends Message>(
    String name, String version, @Nullable T value, @Nullable Duration ttl) {

  public boolean isHeartbeat() {
    return value == null;
  }
}
