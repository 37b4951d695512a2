package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one try for those who ask: its line in the router's logs, its sizes and times.
 */
final class TryRecord {
  private final @Nullable TryLog log;
  // Null when it is over, too.
  private @Nullable TryMeasures measures;

  private TryRecord(@Nullable TryLog log, @Nullable TryMeasures measures) {
    this.log = log;
    this.measures = measures;
  }

  /** Null when nobody asks. */
  static @Nullable TryRecord of(RouterRequest router, Host host) {
    UpstreamLogs logs = router.here.settings().upstreamLogs();
    TryMeasures measures = TryMeasures.of(router.cluster.stats(), router.loop);
    if (logs == null && measures == null) {
      return null;
    }
    TryLog log =
        logs == null ? null : new TryLog(logs, router.loop, router.downstream.info(), host);
    return new TryRecord(log, measures);
  }

  void flag(ResponseFlag flag) {
    if (log != null) {
      log.flag(flag);
    }
  }

  /** There is no connection. */
  void failed(PoolFailure failure) {
    if (log != null) {
      TryConnection.tell(log.info, failure);
    }
  }

  /** There is one. */
  void connected(TryConnection attempt, Protocol protocol, long now) {
    if (log != null) {
      attempt.tell(log.info);
      log.info.protocol = protocol.text();
      log.info.firstUpstreamTxNanos = now;
      log.ready();
    }
  }

  /** A part of the body goes out. */
  void sent(int bytes) {
    if (log != null) {
      log.info.bytesSent += bytes;
    }
    if (measures != null) {
      measures.sent(bytes);
    }
  }

  /** The answer has begun. */
  void answered(int status, HttpHeaders headers, long now) {
    if (log != null) {
      log.info.firstUpstreamRxNanos = now;
      log.answered(status, headers);
    }
    if (measures != null) {
      measures.answered(headers);
    }
  }

  /** A part of its body has come. */
  void received(int bytes) {
    if (log != null) {
      log.info.bytesReceived += bytes;
    }
    if (measures != null) {
      measures.received(bytes);
    }
  }

  /** So have the fields behind it. */
  void trailers(HttpHeaders trailers) {
    if (log != null) {
      log.info.responseTrailers = trailers;
    }
  }

  /** The time for the whole request is over, and the try has no answer. */
  void cutShort() {
    if (measures != null) {
      measures.cutShort();
    }
  }

  /**
   * It is over; harmless twice.
   *
   * @param timeout of a try, in milliseconds; 0 for none
   */
  void end(RequestHead head, long timeout, @Nullable RequestSender out) {
    if (measures != null) {
      measures.end(head, timeout);
      measures = null;
    }
    if (log != null) {
      if (out != null) {
        log.info.endTry(out.bytes());
      }
      log.end();
    }
  }
}
