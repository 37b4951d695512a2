package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.host.Host;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The connections of one worker to one host. Confined to the worker's loop. */
public interface ConnectionPool {
  /**
   * Asks for a connection. The waiter hears exactly one answer, unless cancelled before; it may
   * hear it within this call.
   */
  Ticket acquire(Waiter waiter);

  /** The same for a request that has a say in whether it goes by HTTP/3. */
  default Ticket acquire(Waiter waiter, Http3Use http3) {
    return acquire(waiter);
  }

  /** A newer version of the host: new connections use its addresses, existing ones stay. */
  void update(Host host);

  /** Closes idle connections now and busy ones when they are released; makes no new ones. */
  void drain();

  /** Closes everything now. */
  void close();

  /** From now on that runs each time when no connection is left and nobody waits for one. */
  default void whenEmpty(Runnable then) {}

  /** Told by who has got this pool and asks it for nothing after all: it may be empty for good. */
  default void tellIfEmpty() {}

  /** From now on {@code then} hears of smoothed round trips that connections have measured. */
  default void whenMeasured(Consumer<Duration> then) {}

  /** Connections that are up or being made. */
  int size();

  /** What its connections do, and could do. */
  Load load();

  /**
   * Makes a connection before it is needed, if there are too few.
   *
   * @param ratio connections' uses for each request, with one more request expected
   * @return whether one is being made
   */
  boolean preconnect(double ratio);

  /**
   * How busy a pool is.
   *
   * @param waiting who waits for a connection
   * @param active uses under way
   * @param capacity how many more there could be on the connections that are up or being made
   */
  record Load(int waiting, int active, long capacity) {
    public static final Load NONE = new Load(0, 0, 0);

    public Load plus(Load other) {
      return new Load(waiting + other.waiting, active + other.active, capacity + other.capacity);
    }

    /** Whether nobody uses a connection or waits for one. */
    public boolean isIdle() {
      return waiting == 0 && active == 0;
    }

    /** Whether there are fewer connections than there should be for each request. */
    public boolean wantsMore(double ratio, int expected) {
      return (waiting + active + expected) * ratio > capacity + active;
    }
  }

  /** Who asks for a connection. */
  interface Waiter {
    void onReady(UpstreamConnection connection);

    void onFailure(PoolFailure failure);
  }

  /** A place in the queue. */
  interface Ticket {
    /** Gives the place up; harmless when the answer has come. */
    void cancel();

    /**
     * What has happened so far to the attempts that are under way for it.
     *
     * @param since the zero of the events' times, on the loop's clock
     */
    default List<AttemptEvent> attempts(long since) {
      return List.of();
    }
  }
}
