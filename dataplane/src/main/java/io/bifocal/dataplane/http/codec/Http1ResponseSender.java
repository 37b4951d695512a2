package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.WireBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The way out of one HTTP/1.1 connection: answers one after the other. It knows whether the
 * connection outlives the present one; what is answered while bytes are read goes out together.
 */
final class Http1ResponseSender implements ResponseSender {
  private final Http1ServerConnection connection;
  private final Http1Writer writer;
  private final Http1Bytes counts;
  private @Nullable RequestHead request;
  private boolean old;
  private boolean ended;
  private boolean keepAlive = true;
  private boolean reading;
  private boolean flushDue;

  Http1ResponseSender(Http1ServerConnection connection, Http1Options options) {
    this.connection = connection;
    this.writer = new Http1Writer(options);
    this.counts = new Http1Bytes(connection.parser(), writer);
  }

  /**
   * The next answer.
   *
   * @param old whether the client is of HTTP/1.0
   * @param persistent whether the client will ask again
   */
  void begin(RequestHead head, boolean old, boolean persistent) {
    request = head;
    this.old = old;
    keepAlive = persistent;
    ended = false;
    writer.count();
  }

  /** Whether the last answer is whole. */
  boolean ended() {
    return ended;
  }

  /** Whether the connection can carry another answer after this one. */
  boolean keepsAlive() {
    return keepAlive;
  }

  /** Answers what is no request. */
  void refuse(ErrorAnswer answer) {
    writer.count();
    answer.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    writer.response(
        connection.ctx(), answer.status(), answer.headers(), Http1Writer.Kind.USUAL, false);
    writer.body(
        connection.ctx(), ByteBufUtil.writeUtf8(connection.ctx().alloc(), answer.body()), true);
    answer.written().accept(counts);
  }

  @Override
  public Protocol protocol() {
    return old ? Protocol.HTTP_1_0 : Protocol.HTTP_1_1;
  }

  @Override
  public void writeInformational(int status, HttpHeaders headers) {
    if (!connection.isClosing() && !old) { // HTTP/1.0 knows none
      writer.informational(connection.ctx(), status, headers);
    }
  }

  @Override
  public void writeHead(int status, HttpHeaders headers, boolean end) {
    if (connection.isClosing()) {
      return;
    }
    RequestHead head = request;
    if (head != null && head.upgradedBy(status)) {
      keepAlive = false;
      if (head.isConnect()) {
        headers.remove(HttpHeaderNames.CONTENT_LENGTH);
      }
      writer.response(connection.ctx(), status, headers, Http1Writer.Kind.TUNNEL, false);
      if (end) {
        end();
      }
      return;
    }
    if (!connection.requestEnded()) {
      // The rest of the request would have to be read to keep the connection.
      keepAlive = false;
    }
    Http1Writer.Kind kind = kind(head);
    if (kind == Http1Writer.Kind.HTTP_1_0
        && !end
        && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      keepAlive = false;
    }
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (old) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
    writer.response(connection.ctx(), status, headers, kind, end);
    if (end) {
      end();
    }
  }

  private Http1Writer.Kind kind(@Nullable RequestHead head) {
    if (head != null && head.method.equals("HEAD")) {
      return Http1Writer.Kind.TO_HEAD;
    }
    return old ? Http1Writer.Kind.HTTP_1_0 : Http1Writer.Kind.USUAL;
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    if (connection.isClosing()) {
      data.release();
      return;
    }
    writer.body(connection.ctx(), data, end);
    if (end) {
      end();
    }
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    if (!connection.isClosing()) {
      writer.trailers(connection.ctx(), trailers);
      end();
    }
  }

  private void end() {
    ended = true;
  }

  @Override
  public void done() {
    if (ended && !connection.isClosing()) {
      connection.onResponseEnded();
    }
  }

  @Override
  public WireBytes bytes() {
    return counts;
  }

  /** Bytes are being read: what is answered can wait for the rest. */
  void onRead() {
    reading = true;
  }

  /** They have been read. */
  void onReadComplete() {
    reading = false;
  }

  /** Sends what had to wait for the bytes to be read. */
  void flushIfDue() {
    if (flushDue) {
      flush();
    }
  }

  @Override
  public void flush() {
    flushDue = reading;
    if (reading) {
      return;
    }
    flushWaiting();
    connection.ctx().flush();
  }

  /** Sends what was written, whatever is being read. */
  void flushNow() {
    reading = false;
    flush();
  }

  /** Hands on what was written; a flush is to follow. */
  void flushWaiting() {
    writer.flushWaiting(connection.ctx());
  }

  /** The connection is gone. */
  void discard() {
    writer.discard();
  }

  @Override
  public boolean isWritable() {
    return connection.ctx().channel().isWritable();
  }

  @Override
  public void readRequest(boolean on) {
    connection.readRequest(on);
  }

  @Override
  public void closeAfterwards() {
    keepAlive = false;
  }

  @Override
  public void reset() {
    if (!connection.isClosing()) {
      connection.cutOff();
    }
  }
}
