package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.host.Host;

/** The connections of one worker to one host. Confined to the worker's loop. */
public interface ConnectionPool {
  /**
   * Asks for a connection. The waiter hears exactly one answer, unless cancelled before; it may
   * hear it within this call.
   */
  Ticket acquire(Waiter waiter);

  /** A newer version of the host: new connections use its addresses, existing ones stay. */
  void update(Host host);

  /** Closes idle connections now and busy ones when they are released; makes no new ones. */
  void drain();

  /** Closes everything now. */
  void close();

  /** Connections that are up or being made. */
  int size();

  /** Who asks for a connection. */
  interface Waiter {
    void onReady(UpstreamConnection connection);

    void onFailure(PoolFailure failure);
  }

  /** A place in the queue. */
  interface Ticket {
    /** Gives the place up; harmless when the answer has come. */
    void cancel();
  }
}
