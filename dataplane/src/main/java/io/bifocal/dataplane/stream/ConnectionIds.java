package io.bifocal.dataplane.stream;

import java.util.concurrent.atomic.AtomicLong;

/** Numbers connections, those of clients and those to upstreams alike. Thread-safe. */
public final class ConnectionIds {
  private static final AtomicLong NEXT = new AtomicLong();

  private ConnectionIds() {}

  /** One that no other connection of this process has. */
  public static long next() {
    return NEXT.getAndIncrement();
  }
}
