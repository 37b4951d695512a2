package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The request that the router serves, as the router sees it. On the worker's loop. */
public interface DownstreamStream {
  RequestHead request();

  StreamInfo info();

  /**
   * What follows a redirect in the place of the client, given the request's body; null when it is
   * the client's to follow. To be called when the router is done with this request.
   */
  default @Nullable Consumer<ByteBuf> redirection(
      InternalRedirects policy, int status, HttpHeaders answer) {
    return null;
  }

  /** Its route; null of a copy. */
  default @Nullable Route route() {
    return null;
  }

  /** The connection that it, or what it is a copy of, came on. */
  default @Nullable DownstreamConnection connection() {
    return null;
  }

  /** What upstreams that ask for it are told of the client; null for nothing. */
  default @Nullable ProxyProtocolData client() {
    return null;
  }

  void respondHead(int status, HttpHeaders headers, boolean end);

  void respondBody(ByteBuf data, boolean end);

  /** The answer's end, with fields behind its body. */
  void respondTrailers(HttpHeaders trailers);

  /** What comes before an answer: 100 and its like. */
  void respondInformational(int status, HttpHeaders headers);

  void flush();

  /** Answers by itself. */
  void localReply(LocalReply reply);

  /** Breaks an answer off that has begun. */
  void reset(ResponseFlag flag, String details);

  /** Stops or goes on reading the request. */
  void readRequest(boolean on);

  boolean isWritable();

  /** How many bytes of a body may wait here. */
  int bufferLimit();
}
