package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.ErrorAnswer;
import io.bifocal.dataplane.http.codec.RequestError;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.codec.StreamWait;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a connection that carries others, while no exchange is on it: before its request's
 * head is whole, or behind its answer's end. Confined to the connection's loop.
 */
final class ClientWait implements StreamWait, Deadlines.Owner {
  private final HttpConnection connection;
  private final long since;
  // Null behind an answer.
  private final @Nullable ResponseSender headless;
  private final Runnable giveUp;
  private @Nullable Deadlines deadlines;

  private ClientWait(
      HttpConnection connection, @Nullable ResponseSender headless, Runnable giveUp) {
    this.connection = connection;
    this.headless = headless;
    this.giveUp = giveUp;
    this.since = connection.loop.nanoTime();
    this.deadlines = Deadlines.on(connection.loop, connection.here.timeouts).of(this);
    moved();
  }

  /** For the rest of a request's head. */
  static StreamWait forHead(HttpConnection connection, ResponseSender stream) {
    ClientWait wait = new ClientWait(connection, stream, () -> {});
    HttpSettings.Timeouts timeouts = connection.settings.timeouts();
    Deadlines all = wait.deadlines;
    if (all != null) {
      all.set(Deadlines.Kind.REQUEST_HEADERS, wait.since, timeouts.requestHeaders());
      all.set(Deadlines.Kind.REQUEST, wait.since, timeouts.request());
    }
    return wait;
  }

  /** For the client to take the rest of an answer. */
  static StreamWait forTaking(HttpConnection connection, Runnable giveUp) {
    return new ClientWait(connection, null, giveUp);
  }

  @Override
  public void moved() {
    Deadlines all = deadlines;
    if (all != null) {
      all.set(
          Deadlines.Kind.STREAM_IDLE,
          connection.loop.nanoTime(),
          connection.settings.timeouts().streamIdle());
    }
  }

  @Override
  public void over() {
    Deadlines all = deadlines;
    if (all != null) {
      deadlines = null;
      all.close();
    }
  }

  @Override
  public void onDeadline(Deadlines.Kind kind) {
    if (deadlines == null) {
      return;
    }
    over();
    switch (kind) {
      case REQUEST_HEADERS -> {
        connection.stats.rqHeaderTimeout.inc();
        refuse(HeadlessRequest.HEADERS_TIMEOUT);
      }
      case REQUEST -> {
        connection.stats.rqTimeout.inc();
        refuse(HeadlessRequest.TIMEOUT);
      }
      default -> {
        connection.stats.rqIdleTimeout.inc();
        refuse(HeadlessRequest.IDLE);
      }
    }
  }

  private void refuse(RequestError error) {
    ResponseSender stream = headless;
    if (stream == null) {
      giveUp.run();
      return;
    }
    ErrorAnswer answer = HeadlessRequest.answer(connection, stream.protocol(), error, since);
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    stream.writeHead(answer.status(), answer.headers(), body.length == 0);
    if (body.length > 0) {
      stream.writeBody(Unpooled.wrappedBuffer(body), true);
    }
    stream.flush();
    answer.written().accept(stream.bytes());
  }
}
