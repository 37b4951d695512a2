package io.bifocal.dataplane.http.codec;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Address;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.Headers;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/** One exchange on a connection of HTTP/2. Confined to the connection's loop. */
final class Http2ClientStream extends ClientStream implements Http2Exchange {
  private final Http2ClientConnection connection;
  private @Nullable Http2Stream stream;
  // By its name, when HTTP/1.1 knows it as an upgrade.
  private @Nullable String protocol;
  private boolean reading = true;
  // Of a body, and not yet made known to the peer as read.
  private int unread;

  Http2ClientStream(Http2ClientConnection connection, ResponseReceiver receiver) {
    super(StreamBytes::aroundHttp2, connection.upstream(), receiver);
    this.connection = connection;
  }

  // ---- the request

  @Override
  public void writeHead(RequestHead head, boolean end) {
    requestEnded = end;
    protocol = head.isConnect() ? null : head.upgrade;
    stream =
        protocol == null || connection.allowsConnect()
            ? connection.open(this, Http2Heads.request(head, this), end)
            : null;
    if (stream == null) {
      // Later: who writes is not told within the call.
      connection.later(() -> fail(ResetReason.LOCAL_RESET));
    }
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    requestEnded |= end;
    Http2Stream to = stream;
    if (to == null || over || (!end && !data.isReadable())) {
      data.release();
      return;
    }
    int length = data.readableBytes();
    dataGoes(length);
    var unused = connection.writeData(to, data, end, length);
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    requestEnded = true;
    Http2Stream to = stream;
    if (to != null && !over) {
      connection.writeTrailers(to, Http2Heads.trailers(trailers, this));
    }
  }

  @Override
  public void flush() {
    connection.flushSoon();
  }

  @Override
  public boolean isWritable() {
    Http2Stream to = stream;
    return to != null && connection.isWritable(to);
  }

  // ---- the answer

  @Override
  public void readResponse(boolean on) {
    reading = on;
    Http2Stream from = stream;
    if (on && unread > 0 && from != null) {
      int read = unread;
      unread = 0;
      connection.consumed(from, read);
    }
  }

  @Override
  public void onHeaders(Http2Headers headers, boolean end) {
    ResponseReceiver to = receiver;
    if (to == null) {
      return;
    }
    if (answered) {
      responseEnded = true;
      to.onTrailers(Http2Heads.fields(headers, this));
      return;
    }
    onHead(to, headers.status(), headers, end);
  }

  @Override
  void onAnswer(
      ResponseReceiver to,
      int status,
      Headers<CharSequence, CharSequence, ?> headers,
      boolean end) {
    HttpHeaders head = Http2Heads.fields(headers, this);
    if (head.size() > connection.maxHeaders()) {
      connection.tooLarge(this, requireNonNull(stream));
    } else {
      responseEnded = end;
      to.onHead(upgraded(status, head), head, end);
    }
  }

  // As HTTP/1.1 says it.
  private int upgraded(int status, HttpHeaders head) {
    String name = protocol;
    if (name == null || status != 200) {
      return status;
    }
    head.set(HttpHeaderNames.UPGRADE, name);
    head.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    return 101;
  }

  @Override
  public int onData(ByteBuf data, boolean end) {
    int length = data.readableBytes();
    dataCame(length);
    ResponseReceiver to = receiver;
    if (to == null) {
      return length;
    }
    if (!answered) {
      malformed();
      return length;
    }
    responseEnded = end;
    if (length > 0 || end) {
      to.onBody(data.retain(), end);
    }
    if (reading || end) {
      return length;
    }
    unread += length;
    return 0;
  }

  // ---- its end

  @Override
  void malformed() {
    connection.malformed(this, requireNonNull(stream));
  }

  @Override
  public @Nullable Address localAddress() {
    return connection.localAddress();
  }

  @Override
  public void detach() {
    receiver = null;
    Http2Stream open = stream;
    if (!over && open != null && !isReusable()) {
      over = true;
      count(ResetReason.LOCAL_RESET);
      connection.reset(open, Http2Error.INTERNAL_ERROR); // as Envoy
    }
  }
}
