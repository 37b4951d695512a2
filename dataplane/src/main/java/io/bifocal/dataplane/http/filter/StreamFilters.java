package io.bifocal.dataplane.http.filter;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The filters of one stream, between its {@link FilterEnds}. Confined to the worker's loop. */
public final class StreamFilters {
  final FilterEnds ends;
  private final FilterSlot[] slots;
  private boolean answered;
  private boolean destroyed;
  private int status;
  private @Nullable HttpHeaders responseHeaders;

  StreamFilters(FilterEnds ends, List<NamedFilter> filters) {
    this.ends = ends;
    this.slots = new FilterSlot[filters.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = new FilterSlot(this, i, filters.get(i));
    }
  }

  /** A filter to be made, with the name it has in the connection manager. */
  record NamedFilter(String name, HttpFilter.Maker maker) {}

  /** A request begins. */
  public void decodeHead(boolean end) {
    requestHead(0, end);
  }

  /** A part of its body, which is handed over. */
  public void decodeData(ByteBuf data, boolean end) {
    requestData(0, data, end);
  }

  /** Its end, with fields behind the body. */
  public void decodeTrailers(HttpHeaders trailers) {
    requestTrailers(0, trailers);
  }

  /** The answer begins; the request goes no further than it has. */
  public void encodeHead(int status, HttpHeaders headers, boolean end) {
    this.status = status;
    this.responseHeaders = headers;
    responseHead(slots.length - 1, end);
  }

  /** A part of the answer's body, which is handed over. */
  public void encodeData(ByteBuf data, boolean end) {
    responseData(slots.length - 1, data, end);
  }

  /** The answer's end, with fields behind the body. */
  public void encodeTrailers(HttpHeaders trailers) {
    responseTrailers(slots.length - 1, trailers);
  }

  /** The request's filters are done with: there is an answer that is not the upstream's. */
  public void answeredHere() {
    answered = true;
  }

  boolean isAnswered() {
    return answered;
  }

  boolean isDestroyed() {
    return destroyed;
  }

  /** A filter answers, unless there is an answer that is not the upstream's. */
  void localReply(LocalReply reply) {
    if (!destroyed && !answered) {
      answered = true;
      ends.localReply(reply);
    }
  }

  /** The stream is over; harmless twice. */
  public void destroy() {
    if (destroyed) {
      return;
    }
    destroyed = true;
    for (FilterSlot slot : slots) {
      slot.request.discard();
      slot.response.discard();
      slot.filter.onDestroy();
    }
  }

  // ---- from filter to filter

  void requestHead(int at, boolean end) {
    if (at < slots.length) {
      slots[at].request.head(end);
    } else {
      ends.requestHead(end);
    }
  }

  void requestData(int at, ByteBuf data, boolean end) {
    if (at < slots.length) {
      slots[at].request.data(data, end);
    } else {
      ends.requestData(data, end);
    }
  }

  void requestTrailers(int at, HttpHeaders trailers) {
    if (at < slots.length) {
      slots[at].request.trailers(trailers);
    } else {
      ends.requestTrailers(trailers);
    }
  }

  void responseTrailers(int at, HttpHeaders trailers) {
    if (at >= 0) {
      slots[at].response.trailers(trailers);
    } else {
      ends.responseTrailers(trailers);
    }
  }

  void responseHead(int at, boolean end) {
    if (at >= 0) {
      slots[at].response.head(end);
    } else {
      ends.responseHead(status, headers(), end);
    }
  }

  void responseData(int at, ByteBuf data, boolean end) {
    if (at >= 0) {
      slots[at].response.data(data, end);
    } else {
      ends.responseData(data, end);
    }
  }

  /** Of the answer. */
  int status() {
    return status;
  }

  /** Of the answer. */
  HttpHeaders headers() {
    HttpHeaders known = responseHeaders;
    if (known == null) {
      throw new IllegalStateException("no answer yet");
    }
    return known;
  }
}
