package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.overload.WorkerStreams;
import org.jspecify.annotations.Nullable;

/** What happens on a connection that serves requests; on its loop. */
public interface ServerEvents {
  /** It is known what is spoken. */
  void onCodec(ServerConnection codec);

  /** A request begins; on HTTP/1.1 when the one before has been answered. */
  RequestReceiver onRequest(ResponseSender response);

  /**
   * Something came that is no acceptable request. The codec answers it and closes.
   *
   * @return the answer
   */
  ErrorAnswer onRequestError(RequestError error);

  /**
   * A head came of which no request can be made, or none that is wanted; its stream ends.
   *
   * @param details what {@code %RESPONSE_CODE_DETAILS%} says of it
   */
  void onRefusedHead(String details);

  /**
   * The head of a request is not whole yet; of versions that do not tell of it when it is.
   *
   * @param stream to be answered if it takes too long
   */
  default StreamWait onHeadAwaited(ResponseSender stream) {
    return StreamWait.ENDLESS;
  }

  /**
   * An answer is over, but the client has not taken it all.
   *
   * @param giveUp ends it if it takes too long
   */
  default StreamWait onAnswerUntaken(Runnable giveUp) {
    return StreamWait.ENDLESS;
  }

  /** What came breaks the rules of HTTP/2: the connection ends, and the exchanges on it hear so. */
  void onConnectionError();

  /** Nanoseconds that a client has to see the last answer before the close; 0 for none. */
  long delayedClose();

  /** A client did not close within that time. */
  void onDelayedCloseTimeout();

  /** Where streams are weighed, to be reset when memory runs short; null for nowhere. */
  default @Nullable WorkerStreams weighed() {
    return null;
  }

  /** All that has come for now has been handled. */
  void onReadComplete();

  /** Bytes came in. */
  void onBytesRead(int count);

  /** Bytes are about to go out. */
  void onBytesWritten(int count);

  /** The connection waits for a request. */
  void onIdle();

  /** The connection is gone: closed {@code here}, or by the client. */
  void onClosed(boolean here);
}
