package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * Which of a request's tries are followed by another one, and whether one is still to come. A try
 * that was overtaken has been followed already.
 */
final class Retries {
  private final RetryState state;
  private final Tries tries;
  private final StreamInfo info;
  private final RequestCharges charges;
  private int toCome;

  Retries(RetryState state, Tries tries, StreamInfo info, RequestCharges charges) {
    this.state = state;
    this.tries = tries;
    this.info = info;
    this.charges = charges;
  }

  /** Whether another try waits for its time. */
  boolean isOneToCome() {
    return toCome > 0;
  }

  /** The time of one has come. */
  void begun() {
    toCome--;
  }

  /** Whether a try that has come to nothing is followed by another one. */
  boolean follow(UpstreamRequest attempt, LostTry lost) {
    boolean started = info.firstUpstreamTxNanos >= 0;
    if (attempt.isOvertaken() || !granted(state.onLoss(lost, started))) {
      return false;
    }
    charges.error(attempt.host());
    return true;
  }

  /** Whether what follows such a loss does not go by HTTP/3. */
  boolean avoidsHttp3(LostTry lost) {
    return state.avoidsHttp3(lost);
  }

  /** A try takes too long: it goes on, and another one is started beside it, if it may. */
  void hedge(UpstreamRequest slow) {
    if (!slow.isOvertaken() && tries.answering() == null && granted(state.onHedge())) {
      slow.overtake();
    }
  }

  /** Whether an answer is good enough, or there is nothing better to wait for. */
  boolean accept(UpstreamRequest attempt, int status, HttpHeaders headers) {
    boolean unwanted;
    if (attempt.isOvertaken()) {
      unwanted = state.wants(status, headers);
    } else {
      RetryState.Verdict verdict = state.onHead(status, headers);
      if (granted(verdict)) {
        charges.retried(status, attempt.host());
        return false;
      }
      unwanted = verdict != RetryState.Verdict.NO;
    }
    if (unwanted && (tries.size() > 1 || isOneToCome())) {
      charges.error(attempt.host());
      return false;
    }
    return true;
  }

  private boolean granted(RetryState.Verdict verdict) {
    switch (verdict) {
      case YES -> toCome++;
      case OVERFLOW -> info.flag(ResponseFlag.UPSTREAM_OVERFLOW);
      case LIMIT_EXCEEDED -> info.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      case NO -> {}
    }
    return verdict == RetryState.Verdict.YES;
  }

  /** There will be no other try. */
  void cancel() {
    toCome = 0;
    state.cancel();
  }
}
