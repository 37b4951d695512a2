package io.bifocal.dataplane.grid;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.RemovalCause;
import com.google.common.cache.RemovalNotification;
import io.bifocal.dataplane.connect.OutcomeMemory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of origins: which alternatives they have, whether HTTP/3 towards them works, and
 * how far away they are. Shared by all workers, thread-safe, and bounded: beyond {@code
 * max_entries} the longest unused are forgotten.
 *
 * <p>Names with a common {@code canonical_suffixes} share it: whether HTTP/3 works always, and the
 * alternatives of the one that spoke last where an origin said nothing itself.
 *
 * <p>Source: RFC 7838; {@code envoy.config.core.v3.AlternateProtocolsCacheOptions}; Envoy's {@code
 * HttpServerPropertiesCacheImpl}.
 */
public final class AlternateProtocolsCache {
  /** Alternatives of one origin; what it says beyond is left out. */
  static final int MOST_ALTERNATIVES = 10;

  private final AlternateProtocolsOptions options;
  private final LongSupplier clock;
  private final Cache<Origin, Entry> entries;
  private final Cache<Origin, Http3StatusTracker> trackers;
  private final Cache<Origin, Origin> spokesmen; // by what stands for all names of a suffix
  private final OutcomeMemory families;
  private final AtomicLong evictions = new AtomicLong();
  private final AtomicLong malformed = new AtomicLong();
  private final AtomicBoolean changed = new AtomicBoolean();

  /** What one origin said, and how far it is. */
  private static final class Entry {
    volatile @Nullable List<AlternateProtocol> protocols; // null: it said nothing that still holds
    volatile long roundTrip; // nanoseconds; 0 while unknown
  }

  /**
   * @param clock monotonic nanoseconds, the same as the loops'
   */
  public AlternateProtocolsCache(AlternateProtocolsOptions options, LongSupplier clock) {
    this.options = options;
    this.clock = clock;
    this.families = new OutcomeMemory(clock);
    this.entries = bounded().removalListener(this::countEviction).build();
    this.trackers = bounded().build();
    this.spokesmen = bounded().build();
    for (Origin origin : options.prepopulated()) {
      say(origin, List.of(prepopulated(origin)));
    }
  }

  private CacheBuilder<Object, Object> bounded() {
    // Of one segment, so that it is the longest unused that goes.
    return CacheBuilder.newBuilder().concurrencyLevel(1).maximumSize(options.maxEntries());
  }

  // What the operator says holds until the origin says otherwise, and not for Envoy's seven days.
  private static AlternateProtocol prepopulated(Origin origin) {
    return new AlternateProtocol(
        AlternateProtocol.HTTP_3, "", origin.port(), AlternateProtocol.NEVER);
  }

  private void countEviction(RemovalNotification<Object, Object> gone) {
    if (gone.getCause() == RemovalCause.SIZE) {
      evictions.incrementAndGet();
    }
  }

  public AlternateProtocolsOptions options() {
    return options;
  }

  // ---- asked

  /** Whether HTTP/3 may be tried: whether the origin has said so, of the port it is asked at. */
  public boolean offersHttp3(Origin origin) {
    List<AlternateProtocol> known = alternatives(origin);
    for (int i = 0; i < known.size(); i++) {
      if (known.get(i).isUsable(origin)) {
        return true;
      }
    }
    return false;
  }

  /** The alternatives that an origin has now, in its order. */
  List<AlternateProtocol> alternatives(Origin origin) {
    long now = clock.getAsLong();
    List<AlternateProtocol> own = heldBy(origin, now);
    if (own != null) {
      return own;
    }
    Origin shared = canonical(origin);
    Origin other = shared == null ? null : spokesmen.getIfPresent(shared);
    List<AlternateProtocol> others = other == null ? null : heldBy(other, now);
    return others == null ? List.of() : others;
  }

  private @Nullable List<AlternateProtocol> heldBy(Origin origin, long now) {
    Entry entry = entries.getIfPresent(origin);
    List<AlternateProtocol> all = entry == null ? null : entry.protocols;
    if (entry == null || all == null || !anyExpired(all, now)) {
      return all;
    }
    List<AlternateProtocol> left = all.stream().filter(one -> !one.isExpired(now)).toList();
    List<AlternateProtocol> kept = left.isEmpty() ? null : left;
    entry.protocols = kept;
    return kept;
  }

  private static boolean anyExpired(List<AlternateProtocol> protocols, long now) {
    for (int i = 0; i < protocols.size(); i++) {
      if (protocols.get(i).isExpired(now)) {
        return true;
      }
    }
    return false;
  }

  /** Whether HTTP/3 works towards an origin. It outlives what the origin says. */
  public Http3StatusTracker status(Origin origin) {
    Origin shared = canonical(origin);
    Origin key = shared == null ? origin : shared;
    Http3StatusTracker known = trackers.getIfPresent(key);
    if (known != null) {
      return known;
    }
    Http3StatusTracker made = new Http3StatusTracker();
    Http3StatusTracker other = trackers.asMap().putIfAbsent(key, made);
    return other == null ? made : other;
  }

  /** The smoothed round trip of its last HTTP/3 connection; zero while there was none. */
  public Duration roundTrip(Origin origin) {
    Entry entry = entries.getIfPresent(origin);
    return entry == null ? Duration.ZERO : Duration.ofNanos(entry.roundTrip);
  }

  /** Over which of a host's addresses HTTP/3 works. */
  public OutcomeMemory families() {
    return families;
  }

  /** How many origins are remembered, roughly. */
  public long size() {
    return entries.size();
  }

  /** How many were forgotten for want of room. */
  public long evictions() {
    return evictions.get();
  }

  /** How many fields were not as they should be. */
  public long malformed() {
    return malformed.get();
  }

  // ---- told

  /**
   * An answer of {@code origin} had this {@code Alt-Svc}; of several fields, joined by commas. One
   * that is malformed says nothing.
   */
  public void learn(Origin origin, String field) {
    AltSvc said = AltSvc.parse(field).orElse(null);
    if (said == null) {
      malformed.incrementAndGet();
    } else if (said instanceof AltSvc.Services alternatives) {
      long now = clock.getAsLong();
      say(
          origin,
          alternatives.services().stream()
              .filter(one -> !one.maxAge().isZero())
              .limit(MOST_ALTERNATIVES)
              .map(one -> alternative(one, now))
              .toList());
    } else {
      say(origin, List.of());
    }
  }

  private static AlternateProtocol alternative(AltSvc.Service service, long now) {
    return new AlternateProtocol(
        service.protocol(), service.host(), service.port(), now + service.maxAge().toNanos());
  }

  private void say(Origin origin, List<AlternateProtocol> protocols) {
    entry(origin).protocols = protocols;
    changed.set(true);
    Origin shared = canonical(origin);
    if (shared != null) {
      spokesmen.put(shared, origin);
    }
  }

  /** A connection of HTTP/3 to it has this smoothed round trip. */
  public void measured(Origin origin, Duration roundTrip) {
    entry(origin).roundTrip = roundTrip.toNanos();
    changed.set(true);
  }

  // ---- kept beyond the process

  /** What is new has not been written. */
  void markChanged() {
    changed.set(true);
  }

  /** Whether there is anything new since the last time that was asked. */
  boolean takeChanged() {
    return changed.getAndSet(false);
  }

  /** What origins have said that still holds; not what the operator says. */
  List<KnownOrigin> known(int most) {
    long now = clock.getAsLong();
    return entries.asMap().entrySet().stream()
        .map(one -> known(one.getKey(), one.getValue(), now))
        .filter(known -> !known.protocols().isEmpty())
        .limit(most)
        .toList();
  }

  private static KnownOrigin known(Origin origin, Entry entry, long now) {
    List<AlternateProtocol> all = entry.protocols;
    return new KnownOrigin(
        origin,
        all == null
            ? List.of()
            : all.stream()
                .filter(one -> one.expiresAt() != AlternateProtocol.NEVER && !one.isExpired(now))
                .toList(),
        Duration.ofNanos(entry.roundTrip));
  }

  /** An origin is known from earlier; what the operator says of it comes first. */
  void restore(KnownOrigin known) {
    long now = clock.getAsLong();
    List<AlternateProtocol> left =
        known.protocols().stream()
            .filter(one -> !one.isExpired(now))
            .limit(MOST_ALTERNATIVES)
            .toList();
    if (!left.isEmpty() && !options.prepopulated().contains(known.origin())) {
      say(known.origin(), left);
    }
    if (!left.isEmpty() && !known.roundTrip().isZero()) {
      measured(known.origin(), known.roundTrip());
    }
  }

  private Entry entry(Origin origin) {
    Entry known = entries.getIfPresent(origin);
    if (known != null) {
      return known;
    }
    Entry made = new Entry();
    Entry other = entries.asMap().putIfAbsent(origin, made);
    return other == null ? made : other;
  }

  /** What stands for all names that share a suffix with this one; null if it shares none. */
  private @Nullable Origin canonical(Origin origin) {
    List<String> suffixes = options.canonicalSuffixes();
    for (int i = 0; i < suffixes.size(); i++) {
      if (origin.host().endsWith(suffixes.get(i))) {
        return new Origin(suffixes.get(i), origin.port());
      }
    }
    return null;
  }
}
