package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.stream.ResponseFlag;

/**
 * How a try came to nothing.
 *
 * @param loss what retries ask for
 * @param reply what the client gets when no other try follows
 * @param brokenOff the details when an answer had begun by then
 * @param overHttp3 whether it was under way by HTTP/3 where TCP could have served
 * @param last whether tries beside it end with it, uncounted, as by Envoy
 */
record LostTry(
    Loss loss,
    LocalReply reply,
    String brokenOff,
    boolean overHttp3,
    boolean afterTimeout,
    boolean last) {

  /** The kinds that a policy tells apart. */
  enum Loss {
    /** There was no room for it. */
    OVERFLOW,
    CONNECT_FAILURE,
    REFUSED_STREAM,
    OTHER
  }

  /** A circuit breaker is open. */
  static LostTry overflow(int attempts) {
    return new LostTry(Loss.OVERFLOW, UpstreamErrors.overflow(attempts), "", false, false, false);
  }

  /** There was no connection to be had. */
  static LostTry noConnection(PoolFailure failure, int attempts) {
    return failure.reason() == PoolFailure.Reason.OVERFLOW
        ? overflow(attempts)
        : new LostTry(
            Loss.CONNECT_FAILURE,
            UpstreamErrors.noConnection(failure, attempts),
            "",
            false,
            false,
            false);
  }

  /**
   * The exchange ended before the answer did.
   *
   * @param detail what the peer said to it, or empty
   * @param overHttp3 whether it was by HTTP/3 where TCP could have served
   */
  static LostTry reset(ResetReason reason, String detail, int attempts, boolean overHttp3) {
    return new LostTry(
        reason == ResetReason.REMOTE_REFUSED_STREAM_RESET ? Loss.REFUSED_STREAM : Loss.OTHER,
        UpstreamErrors.noResponse(reason, detail, attempts),
        UpstreamErrors.brokenOff(reason, detail),
        overHttp3,
        false,
        false);
  }

  /**
   * It took too long.
   *
   * @param status what the client gets
   */
  static LostTry timedOut(int status, String details) {
    return new LostTry(
        Loss.OTHER, UpstreamErrors.timeout(status, details), details, false, true, false);
  }

  /** It took longer than the cluster lets it. */
  static LostTry maxDuration(boolean requestEnded) {
    LocalReply reply = UpstreamErrors.maxDuration(requestEnded);
    return new LostTry(Loss.OTHER, reply, reply.details(), false, false, true);
  }

  ResponseFlag flag() {
    return requireNonNull(reply.flag());
  }
}
