package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.transport.TransportProtocol;
import io.bifocal.xds.time.Loop;

/**
 * HTTP/3 at an address that failed some time ago, tried again beside a request, without anybody
 * waiting for it. If it works again its connection stays in the pool.
 */
final class Http3Retry implements Asked.Answer {
  private final Loop loop;
  private final RaceListener listener;
  private final Address address;
  private final Http3Lesson lesson;
  private final long beganAt;
  private final Asked asked = new Asked(this);
  private Loop.Timer patience = () -> {};
  private boolean over;

  Http3Retry(Loop loop, RacePlan plan, RacePlan.Retry retry, RaceListener listener) {
    this.loop = loop;
    this.listener = listener;
    this.address = retry.address();
    this.lesson = new Http3Lesson(loop, plan.retry(retry));
    this.beganAt = loop.nanoTime();
  }

  void begin(ConnectionPool pool, RacePlan.Retry retry) {
    lesson.tell(new AttemptEvent.Started(0, address, 0, Cause.FIRST, TransportProtocol.QUIC));
    patience = loop.schedule(retry.within(), this::giveUp);
    var unused = asked.ask(pool);
  }

  @Override
  public void ready() {
    asked.giveUp(); // to the pool
    end(new AttemptEvent.Won(0, address, elapsed()));
  }

  @Override
  public void failed(PoolFailure failure) {
    Kind kind =
        failure.reason() == PoolFailure.Reason.REMOTE_CONNECTION_FAILURE ? Kind.REMOTE : Kind.LOCAL;
    end(new AttemptEvent.Failed(0, address, elapsed(), new ConnectFailure(kind, failure.detail())));
  }

  private void giveUp() {
    asked.giveUp();
    end(new AttemptEvent.Lost(0, address, elapsed(), LossReason.TIMED_OUT));
  }

  private void end(AttemptEvent how) {
    if (!over) {
      over = true;
      patience.cancel();
      lesson.tell(how);
      listener.onRace(lesson.learn());
    }
  }

  private long elapsed() {
    return loop.nanoTime() - beganAt;
  }
}
