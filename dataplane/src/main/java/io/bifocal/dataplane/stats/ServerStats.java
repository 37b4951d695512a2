package io.bifocal.dataplane.stats;

import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import java.time.Duration;
import java.util.OptionalLong;

/** {@code server.*}: whether it is live, since when, and what it takes. Of the control loop. */
public final class ServerStats {
  /** What Envoy shows where nothing expires. */
  private static final long NEVER = 0xFFFF_FFFFL;

  private final Loop loop;
  private final long startedNanos;
  private final Gauge live;
  private final Gauge state;
  private final Gauge uptime;
  private final Gauge memoryAllocated;
  private final Gauge memoryHeapSize;
  private final Gauge memoryPhysicalSize;
  private final Gauge memoryDirect;
  private final Gauge totalConnections;
  private final Gauge daysUntilFirstCertExpiring;
  private final Gauge secondsUntilFirstOcspResponseExpiring;
  private final Counter staticUnknownFields;
  private final Histogram initializationTime;

  /**
   * Makes the statistics of a proxy that starts now: not live, {@code PRE_INITIALIZING}.
   *
   * @param version the build's number; Envoy shows the first 24 bits of its revision
   */
  public ServerStats(Scope root, Loop loop, int concurrency, long version) {
    this.loop = loop;
    this.startedNanos = loop.nanoTime();
    Scope server = root.scope("server");
    live = server.gauge("live");
    state = server.gauge("state");
    uptime = server.gauge("uptime");
    memoryAllocated = server.gauge("memory_allocated");
    memoryHeapSize = server.gauge("memory_heap_size");
    memoryPhysicalSize = server.gauge("memory_physical_size");
    memoryDirect = server.gauge("memory_direct");
    totalConnections = server.gauge("total_connections");
    daysUntilFirstCertExpiring = server.gauge("days_until_first_cert_expiring");
    secondsUntilFirstOcspResponseExpiring =
        server.gauge("seconds_until_first_ocsp_response_expiring");
    staticUnknownFields = server.counter("static_unknown_fields");
    initializationTime = server.histogram("initialization_time_ms", Histogram.Unit.MILLISECONDS);
    server.gauge("concurrency").set(concurrency);
    server.gauge("version").set(version);
    server.gauge("hot_restart_epoch").set(0);
    server.gauge("parent_connections").set(0);
    server.counter("dynamic_unknown_fields").add(0);
    staticUnknownFields.add(0);
    state(ServerInfo.State.PRE_INITIALIZING);
    refresh();
  }

  /** The state as {@code /ready} tells it; {@code server.live} is 1 in {@code LIVE} alone. */
  public void state(ServerInfo.State now) {
    loop.assertInLoop();
    live.set(now == ServerInfo.State.LIVE ? 1 : 0);
    state.set(now.getNumber());
  }

  /** Everything was fetched, or waited for long enough. */
  public void initialized() {
    loop.assertInLoop();
    initializationTime.record(
        StatsStore.CONTROL, Duration.ofNanos(loop.nanoTime() - startedNanos).toMillis());
  }

  /** The bootstrap has so many fields that are not known here. */
  public void staticUnknownFields(int count) {
    staticUnknownFields.add(count);
  }

  /** How many downstream connections are open now. */
  public void totalConnections(long count) {
    totalConnections.set(count);
  }

  /**
   * When what TLS shows and trusts expires.
   *
   * @param days until the first certificate does; none when there is none
   * @param seconds until the first status of a certificate does
   */
  public void certificates(OptionalLong days, OptionalLong seconds) {
    daysUntilFirstCertExpiring.set(days.orElse(NEVER));
    secondsUntilFirstOcspResponseExpiring.set(seconds.orElse(0));
  }

  /** Takes the time and the memory in use; to be called every five seconds. */
  public void refresh() {
    loop.assertInLoop();
    uptime.set(Duration.ofNanos(loop.nanoTime() - startedNanos).toSeconds());
    MemoryUse memory = MemoryUse.now();
    memoryAllocated.set(memory.allocated());
    memoryHeapSize.set(memory.heapSize());
    memoryPhysicalSize.set(memory.physical());
    memoryDirect.set(memory.direct());
  }
}
