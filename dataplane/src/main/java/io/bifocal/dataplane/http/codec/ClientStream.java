package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.WireBytes;
import io.netty.handler.codec.Headers;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One exchange on a connection that carries many: how far it has come, and who hears of its answer.
 * Confined to the connection's loop.
 */
abstract class ClientStream extends StreamBytes implements RequestSender {
  private final UpstreamStats upstream;
  @Nullable ResponseReceiver receiver;
  boolean requestEnded;
  boolean answered;
  boolean responseEnded;
  boolean over;

  ClientStream(IntUnaryOperator around, UpstreamStats upstream, ResponseReceiver receiver) {
    super(around);
    this.upstream = upstream;
    this.receiver = receiver;
  }

  @Override
  public final WireBytes bytes() {
    return this;
  }

  /** Whether the answer's head has come. */
  final boolean isAnswered() {
    return answered;
  }

  /** A head that comes before the body: informational, or the answer's own. */
  final void onHead(
      ResponseReceiver to,
      @Nullable CharSequence text,
      Headers<CharSequence, CharSequence, ?> headers,
      boolean end) {
    int status = Status.parse(text);
    if (status == 101 || status < 100) {
      malformed();
    } else if (status >= 200) {
      answered = true;
      onAnswer(to, status, headers, end);
    } else if (status == 100 || (status >= 102 && status <= 104)) {
      to.onInformational(status, Http2Heads.fields(headers, this));
    }
  }

  /** The answer's own head. */
  abstract void onAnswer(
      ResponseReceiver to, int status, Headers<CharSequence, CharSequence, ?> headers, boolean end);

  /** The answer is none. */
  abstract void malformed();

  /** What was at hand has been read. */
  public final void onReadComplete() {
    ResponseReceiver to = receiver;
    if (to != null) {
      to.onReadComplete();
    }
  }

  public final void onWritabilityChanged(boolean writable) {
    ResponseReceiver to = receiver;
    if (to != null && !requestEnded) {
      to.onWritabilityChanged(writable);
    }
  }

  /** No more comes: who still waits hears why. */
  public final void fail(ResetReason reason) {
    over = true;
    ResponseReceiver to = receiver;
    receiver = null;
    if (to != null && !responseEnded) {
      count(reason);
      to.onReset(reason);
    }
  }

  /** Counts that it does not come to its regular end; as Envoy's {@code onStreamReset}. */
  final void count(ResetReason reason) {
    switch (reason) {
      case REMOTE_RESET -> upstream.rqRxReset.inc();
      case LOCAL_RESET, PROTOCOL_ERROR -> upstream.rqTxReset.inc();
      case CONNECTION_TERMINATION -> upstream.rqPendingFailureEject.inc();
      default -> {}
    }
  }

  @Override
  public final boolean isReusable() {
    return requestEnded && responseEnded;
  }
}
