package io.bifocal.dataplane.overload;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What those who serve ask of overload. Immutable but for the degrees; any thread may use it. */
public final class Overload {
  private final Map<OverloadAction, Degree> degrees;
  private final @Nullable ReducedTimeouts timeouts;
  private final @Nullable HeavyStreams streams;
  private final long connectionLimit;
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /**
   * @param timeouts null where they are never reduced
   * @param streams null where none is ever reset
   * @param connectionLimit of all listeners together; −1 when the runtime has it
   */
  Overload(
      Map<OverloadAction, Degree> degrees,
      @Nullable ReducedTimeouts timeouts,
      @Nullable HeavyStreams streams,
      long connectionLimit) {
    this.degrees = new EnumMap<>(OverloadAction.class);
    this.degrees.putAll(degrees);
    this.timeouts = timeouts;
    this.streams = streams;
    this.connectionLimit = connectionLimit;
  }

  /** Where nobody watches any resource. */
  public static Overload unwatched() {
    return new Overload(Map.of(), null, null, -1);
  }

  /**
   * As it is to listeners with {@code bypass_overload_manager}: timeouts and memory are theirs too.
   */
  public Overload bypassed() {
    return new Overload(Map.of(), timeouts, streams, -1);
  }

  /** How timeouts are reduced; null where they never are. */
  public @Nullable ReducedTimeouts timeouts() {
    return timeouts;
  }

  /** How far an action is taken; null for one that is not configured. */
  public @Nullable Degree degree(OverloadAction action) {
    return degrees.get(action);
  }

  /** The streams that are reset when memory runs short; null where none ever is. */
  public @Nullable HeavyStreams streams() {
    return streams;
  }

  /** Whether an action is to be taken in this case. */
  public boolean happens(OverloadAction action) {
    Degree degree = degrees.get(action);
    return degree != null && degree.happens();
  }

  /** How many connections all listeners may have; −1 when the runtime says that. */
  public long connectionLimit() {
    return connectionLimit;
  }

  /** The connections of all listeners. */
  public AtomicLong connections() {
    return connections;
  }

  /** There was no room for one more. */
  public void connectionRefused() {
    refused.incrementAndGet();
  }

  long refusedConnections() {
    return refused.get();
  }
}
