package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.overload.WorkerStreams;
import io.bifocal.dataplane.stream.WireBytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/** One exchange on a client's connection of HTTP/2. Confined to the connection's loop. */
final class Http2ServerStream extends StreamBytes
    implements ResponseSender, Http2Exchange, WorkerStreams.Weighed {
  private final Http2ServerConnection connection;
  private final Http2Stream stream;
  // Null where streams are not weighed.
  private final @Nullable WorkerStreams weighed;
  // Of the answer's body, where streams are weighed.
  private long unsent;
  private @Nullable RequestReceiver receiver;
  private boolean requestEnded;
  private boolean responseEnded;
  private boolean over;
  private boolean reading = true;
  // Of a body, and not yet made known to the client as read.
  private int unread;

  Http2ServerStream(Http2ServerConnection connection, Http2Stream stream) {
    super(StreamBytes::aroundHttp2);
    this.connection = connection;
    this.stream = stream;
    this.weighed = connection.events().weighed();
    if (weighed != null) {
      weighed.add(this);
    }
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_2;
  }

  // ---- the request

  @Override
  public void onHeaders(Http2Headers headers, boolean end) {
    if (over) {
      return;
    }
    requestEnded |= end;
    RequestReceiver to = receiver;
    if (to != null) {
      to.onTrailers(Http2Heads.fields(headers, this));
      return;
    }
    RequestHead head = Http2Heads.requestHead(headers, connection.allowsConnect(), this);
    if (head == null) {
      connection.malformed(stream);
    } else if (!connection.limits().admit(head.headers)) {
      connection.tooLarge(stream);
    } else {
      to = connection.events().onRequest(this);
      receiver = to;
      to.onHead(head, end);
    }
  }

  @Override
  public int onData(ByteBuf data, boolean end) {
    int length = data.readableBytes();
    dataCame(length);
    RequestReceiver to = receiver;
    if (to == null || over) {
      return length;
    }
    requestEnded |= end;
    if (length > 0 || end) {
      to.onBody(data.retain(), end);
    }
    if (reading || end || over) {
      return length;
    }
    unread += length;
    return 0;
  }

  @Override
  public void readRequest(boolean on) {
    reading = on;
    if (on && unread > 0 && !over) {
      int read = unread;
      unread = 0;
      connection.consumed(stream, read);
    }
  }

  @Override
  public void onReadComplete() {
    RequestReceiver to = receiver;
    if (to != null && !over) {
      to.onReadComplete();
    }
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    RequestReceiver to = receiver;
    if (to != null && !over && !responseEnded) {
      to.onWritabilityChanged(writable);
    }
  }

  // ---- the answer

  @Override
  public void writeInformational(int status, HttpHeaders headers) {
    if (!over) {
      connection.writeHeaders(stream, Http2Heads.response(status, headers, this), false);
    }
  }

  @Override
  public void writeHead(int status, HttpHeaders headers, boolean end) {
    if (!over) {
      connection.writeHeaders(stream, answer(status, headers), end);
      if (end) {
        end();
      }
    }
  }

  // On HTTP/2 an upgrade is a CONNECT that succeeds (RFC 8441, section 5).
  private Http2Headers answer(int status, HttpHeaders headers) {
    if (status != 101) {
      return Http2Heads.response(status, headers, this);
    }
    headers.remove(HttpHeaderNames.UPGRADE).remove(HttpHeaderNames.CONNECTION);
    return Http2Heads.response(200, headers, this);
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    if (over || (!end && !data.isReadable())) {
      data.release();
      return;
    }
    int size = data.readableBytes();
    dataGoes(size);
    ChannelFuture written = connection.writeData(stream, data, end);
    if (weighed != null) {
      unsent += size;
      written.addListener(done -> unsent -= size);
    }
    if (end) {
      end(written);
    }
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    if (!over) {
      connection.writeHeaders(stream, Http2Heads.trailers(trailers, this), true);
      end();
    }
  }

  private void end() {
    responseEnded = true;
    if (!requestEnded) {
      stopRequest();
    }
  }

  private void end(ChannelFuture written) {
    responseEnded = true;
    if (!requestEnded) {
      written.addListener(done -> stopRequest());
    }
  }

  // The whole answer is on its way before the request has ended: the client need not go on
  // (RFC 9113, section 8.1).
  private void stopRequest() {
    if (!over && !requestEnded) {
      over = true;
      connection.reset(stream, Http2Error.NO_ERROR);
    }
  }

  @Override
  public WireBytes bytes() {
    return this;
  }

  @Override
  public void flush() {
    connection.flushSoon();
  }

  @Override
  public boolean isWritable() {
    return !over && connection.isWritable(stream);
  }

  // The connection carries others.
  @Override
  public void closeAfterwards() {}

  @Override
  public void reset() {
    if (!over) {
      over = true;
      connection.reset(stream, Http2Error.INTERNAL_ERROR); // as Envoy
    }
  }

  // ---- its end

  @Override
  public long bytesKept() {
    return unsent + unread;
  }

  @Override
  public void resetForOverload() {
    connection.endForOverload(stream);
  }

  @Override
  public void fail(ResetReason reason) {
    if (weighed != null) {
      weighed.remove(this);
    }
    boolean waits = !over && !responseEnded;
    over = true;
    RequestReceiver to = receiver;
    if (to != null && waits) {
      to.onReset(reason);
    }
  }
}
