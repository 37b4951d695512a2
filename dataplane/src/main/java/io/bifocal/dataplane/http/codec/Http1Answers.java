package io.bifocal.dataplane.http.codec;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The answers on one HTTP/1.1 connection to an upstream, one after the other: who waits for the
 * present one, how far it has come, and whether another one can follow it.
 */
final class Http1Answers implements Http1Parser.Receiver {
  private final Http1ResponseParser parser;
  private final Http1Options options;
  private @Nullable ResponseReceiver receiver;
  private boolean ended = true;
  private boolean bodyFollows;
  private boolean keepAlive = true;
  private boolean broken;
  // What is being parsed.
  private @Nullable ByteBuf bytes;

  Http1Answers(Http1Options options) {
    this.options = options;
    this.parser = new Http1ResponseParser(this, options);
  }

  Http1ResponseParser parser() {
    return parser;
  }

  /** From now on the next one is waited for. */
  void begin(ResponseReceiver next) {
    receiver = next;
    ended = false;
    bodyFollows = false;
    keepAlive = true;
  }

  /** Nobody waits any more. */
  void detach() {
    receiver = null;
  }

  /** Who waits for the present one; null for nobody. */
  @Nullable ResponseReceiver receiver() {
    return receiver;
  }

  /** Whether the present one is whole and another one can follow. */
  boolean mayFollow() {
    // Bytes behind an answer would be taken for the next one.
    return ended && keepAlive && !broken && !hasSurplus();
  }

  private boolean hasSurplus() {
    ByteBuf rest = bytes;
    return rest != null && rest.isReadable();
  }

  /**
   * Takes what has come, and releases it.
   *
   * @return whether somebody has asked for all of it; what else comes cannot be trusted
   */
  boolean read(ByteBuf in) {
    bytes = in;
    try {
      if (parser.isBetween()) {
        MessageLines.skipEmptyLines(in);
      }
      while (in.isReadable()) {
        if (receiver == null || ended) {
          broken = true;
          return false;
        }
        parser.read(in);
      }
      return true;
    } finally {
      bytes = null;
      in.release();
    }
  }

  /**
   * The connection is closed.
   *
   * @param cut whether it was broken, and not closed in order
   */
  void onClosed(boolean cut) {
    broken = true;
    parser.onClosed();
    ResponseReceiver current = receiver;
    receiver = null;
    if (current != null) {
      // An orderly close within a body of known length is the peer's mistake, as Envoy sees it.
      current.onReset(
          bodyFollows && !ended && !cut
              ? ResetReason.PROTOCOL_ERROR
              : ResetReason.CONNECTION_TERMINATION);
    }
  }

  private void fail(ResponseReceiver current) {
    broken = true;
    receiver = null;
    current.onReset(ResetReason.PROTOCOL_ERROR);
  }

  // ---- what is found in the bytes

  @Override
  public void onHead(HeaderList headers, Http1Parser.Body body) {
    ResponseReceiver current = requireNonNull(receiver);
    int status = parser.status();
    if (body == Http1Parser.Body.TUNNEL) {
      keepAlive = false;
      current.onHead(status, headers, false);
    } else if (status == 101) { // nobody has asked
      fail(current);
    } else if (status < 200) {
      if (status == 100 || (status >= 102 && status <= 104)) {
        current.onInformational(status, headers);
      }
    } else if (headers.size() > options.limits().maxHeaders()) {
      fail(current);
    } else {
      CasedHeaders cased = CasedHeaders.of(headers);
      if (cased != null) {
        cased.cameWith(parser.reason());
      }
      keepAlive = body != Http1Parser.Body.UNTIL_CLOSE && persists(headers);
      bodyFollows = body != Http1Parser.Body.NONE;
      ended = !bodyFollows;
      current.onHead(status, headers, !bodyFollows);
    }
  }

  private boolean persists(HttpHeaders headers) {
    return !headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)
        && (parser.version() != RequestLine.Version.HTTP_1_0
            || ConnectionOptions.sayKeepAlive(headers));
  }

  @Override
  public void onBody(ByteBuf data, boolean last) {
    ResponseReceiver current = receiver;
    ended = last;
    if (current == null) {
      data.release();
    } else {
      current.onBody(data, last);
    }
  }

  @Override
  public void onEnd(HttpHeaders trailers) {
    ResponseReceiver current = receiver;
    ended = true;
    if (current == null) {
      return;
    }
    if (options.trailers() && !trailers.isEmpty()) {
      current.onTrailers(trailers);
    } else {
      current.onBody(Unpooled.EMPTY_BUFFER, true);
    }
  }

  @Override
  public void onFault(Http1Parser.Fault fault, HeaderList headers) {
    ResponseReceiver current = receiver;
    if (current != null) {
      fail(current);
    }
  }
}
