package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pool that was asked, and its answer. A connection that nobody takes goes back to the pool: it
 * serves the next.
 */
final class Asked implements ConnectionPool.Waiter {
  private final Answer answer;
  private ConnectionPool.@Nullable Ticket ticket;
  private @Nullable UpstreamConnection connection;
  private boolean answered;

  /** Who hears of it; not once it was given up. */
  interface Answer {
    void ready();

    void failed(PoolFailure failure);
  }

  Asked(Answer answer) {
    this.answer = answer;
  }

  /** The answer may come within this call. */
  Asked ask(ConnectionPool pool) {
    ticket = pool.acquire(this);
    return this;
  }

  @Override
  public void onReady(UpstreamConnection ready) {
    answered = true;
    connection = ready;
    answer.ready();
  }

  @Override
  public void onFailure(PoolFailure failure) {
    answered = true;
    answer.failed(failure);
  }

  /** The connection, which is the caller's from now on. */
  UpstreamConnection take() {
    UpstreamConnection taken = requireNonNull(connection);
    connection = null;
    return taken;
  }

  /** The connection, if there is one that nobody has taken. */
  @Nullable UpstreamConnection ready() {
    return connection;
  }

  /** What has happened so far to the attempts that are under way for it. */
  List<AttemptEvent> attempts(long since) {
    return answered ? List.of() : requireNonNull(ticket).attempts(since);
  }

  /** Nobody wants the answer any more, whether it has come or not. */
  void giveUp() {
    if (connection != null) {
      take().release();
    } else if (!answered) {
      requireNonNull(ticket).cancel();
    }
  }
}
