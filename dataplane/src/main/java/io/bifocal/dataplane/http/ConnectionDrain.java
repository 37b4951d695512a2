package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.codec.ServerConnection;

/**
 * How a client's connection comes to its end while answers are still due: by a notice and, when
 * what crossed it on the wire has come, the end of new requests, or else by a last answer. Source:
 * Envoy's {@code ConnectionManagerImpl::DrainState}.
 */
final class ConnectionDrain {
  private enum State {
    SERVING,
    /** It has lived long enough: its next answer is the last one. */
    SOFT,
    DRAINING
  }

  private final HttpConnection connection;
  private final Deadlines deadlines;
  private State state = State.SERVING;

  ConnectionDrain(HttpConnection connection, Deadlines deadlines) {
    this.connection = connection;
    this.deadlines = deadlines;
  }

  /** A request has come, whose answer this is. */
  void onRequest(ResponseSender answer) {
    if (state == State.SOFT) {
      answer.closeAfterwards();
    }
  }

  /** If the end is near, this answer is the last one, or tells that the end is near. */
  void beforeAnswer(ResponseSender answer) {
    if (state == State.DRAINING) {
      if (!connection.isMultiplexed()) {
        answer.closeAfterwards();
      }
    } else if (connection.manager.endsConnections()) {
      connection.stats.cxOverloadDisableKeepalive.inc();
      endWith(answer);
    } else if (connection.manager.draining()) {
      connection.stats.cxDrainClose.inc();
      endWith(answer);
    }
  }

  /** No request after this one's is served. */
  void endWith(ResponseSender answer) {
    if (connection.isMultiplexed()) {
      begin();
    } else {
      answer.closeAfterwards();
    }
  }

  /** The next answer is the last one. */
  void beginSoft() {
    state = State.SOFT;
    connection.stats.cxSoftDrain.inc();
  }

  /** Tells the client to ask for nothing more. */
  void begin() {
    ServerConnection codec = connection.codec();
    if (state != State.SERVING || codec == null) {
      return;
    }
    state = State.DRAINING;
    codec.shutdownNotice();
    long patience = connection.settings.timeouts().drain();
    if (patience == 0) {
      codec.goAway();
    } else {
      deadlines.set(Deadlines.Kind.DRAIN, connection.loop.nanoTime(), patience);
    }
  }

  /** The connection is closed. */
  void closed() {
    if (state == State.SOFT) {
      connection.stats.cxSoftDrain.dec();
    }
  }
}
