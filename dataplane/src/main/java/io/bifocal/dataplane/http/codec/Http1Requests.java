package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The requests on one HTTP/1.1 connection of a client, one after the other: who takes the present
 * one, and how far it has come.
 */
final class Http1Requests implements Http1Parser.Receiver {
  private final Http1ServerConnection connection;
  private final ServerEvents events;
  private final Http1Options options;
  private final Http1RequestParser parser;
  private @Nullable RequestReceiver receiver;
  private boolean ended;

  Http1Requests(Http1ServerConnection connection, ServerEvents events, Http1Options options) {
    this.connection = connection;
    this.events = events;
    this.options = options;
    this.parser = new Http1RequestParser(this, options);
  }

  Http1RequestParser parser() {
    return parser;
  }

  /** Who takes the present one; null when there is none. */
  @Nullable RequestReceiver receiver() {
    return receiver;
  }

  /** Nobody takes the present one any more: it is answered, or never will be. */
  void clear() {
    receiver = null;
  }

  /** Whether there is none, or its answer is whole. */
  boolean isIdle() {
    return receiver == null;
  }

  /** Whether the last one is whole. */
  boolean ended() {
    return ended;
  }

  /** Whether the present one is whole, and its answer is not. */
  boolean isAnswering() {
    return receiver != null && ended;
  }

  // ---- what is found in the bytes

  @Override
  public void onHead(HeaderList headers, Http1Parser.Body body) {
    RequestLine line = parser.line();
    RequestError error = RequestError.in(line, headers, options);
    if (error != null) {
      connection.refuse(error);
      return;
    }
    RequestHead head;
    try {
      head = RequestHead.of(line, headers, options);
    } catch (RequestTarget.Rejected e) {
      connection.refuse(e.error);
      return;
    }
    boolean old = line.version() == RequestLine.Version.HTTP_1_0;
    Http1ResponseSender response = connection.response();
    response.begin(head, old, !connection.isDraining() && persists(head.headers, old));
    boolean end = head.upgrade == null && body == Http1Parser.Body.NONE;
    ended = end;
    RequestReceiver current = events.onRequest(response);
    receiver = current;
    if (head.upgrade != null) {
      parser.tunnel();
    }
    current.onHead(head, end);
  }

  private static boolean persists(HttpHeaders headers, boolean old) {
    return old ? ConnectionOptions.sayKeepAlive(headers) : !ConnectionOptions.sayClose(headers);
  }

  @Override
  public void onBody(ByteBuf data, boolean last) {
    RequestReceiver current = receiver;
    if (last) {
      ended = true;
    }
    if (current == null || isOver()) {
      data.release();
    } else {
      current.onBody(data, last);
    }
  }

  @Override
  public void onEnd(HttpHeaders trailers) {
    RequestReceiver current = receiver;
    ended = true;
    if (current == null || isOver()) {
      return;
    }
    if (options.trailers() && !trailers.isEmpty()) {
      current.onTrailers(trailers);
    } else {
      current.onBody(Unpooled.EMPTY_BUFFER, true);
    }
  }

  // Whether nobody needs the rest.
  private boolean isOver() {
    return connection.isClosing() || connection.response().ended();
  }

  @Override
  public void onFault(Http1Parser.Fault fault, HeaderList headers) {
    connection.refuse(
        receiver == null ? RequestError.of(fault, headers) : RequestError.BAD_REQUEST);
  }
}
