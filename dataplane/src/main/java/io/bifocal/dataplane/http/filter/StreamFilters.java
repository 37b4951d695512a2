package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.FilterOverride;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The filters of one stream, between its {@link FilterEnds}. Confined to the worker's loop. */
public final class StreamFilters {
  private final FilterEnds ends;
  private final Slot[] slots;
  private boolean answered;
  private boolean destroyed;
  private int status;
  private @Nullable HttpHeaders responseHeaders;

  StreamFilters(FilterEnds ends, List<NamedFilter> filters) {
    this.ends = ends;
    this.slots = new Slot[filters.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = new Slot(i, filters.get(i));
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

  /** The stream is over; harmless twice. */
  public void destroy() {
    if (destroyed) {
      return;
    }
    destroyed = true;
    for (Slot slot : slots) {
      slot.request.discard();
      slot.response.discard();
      slot.filter.onDestroy();
    }
  }

  private void requestHead(int at, boolean end) {
    if (at < slots.length) {
      slots[at].request.head(end);
    } else {
      ends.requestHead(end);
    }
  }

  private void requestData(int at, ByteBuf data, boolean end) {
    if (at < slots.length) {
      slots[at].request.data(data, end);
    } else {
      ends.requestData(data, end);
    }
  }

  private void requestTrailers(int at, HttpHeaders trailers) {
    if (at < slots.length) {
      slots[at].request.trailers(trailers);
    } else {
      ends.requestTrailers(trailers);
    }
  }

  private void responseTrailers(int at, HttpHeaders trailers) {
    if (at >= 0) {
      slots[at].response.trailers(trailers);
    } else {
      ends.responseTrailers(trailers);
    }
  }

  private void responseHead(int at, boolean end) {
    if (at >= 0) {
      slots[at].response.head(end);
    } else {
      ends.responseHead(status, headers(), end);
    }
  }

  private void responseData(int at, ByteBuf data, boolean end) {
    if (at >= 0) {
      slots[at].response.data(data, end);
    } else {
      ends.responseData(data, end);
    }
  }

  private HttpHeaders headers() {
    HttpHeaders known = responseHeaders;
    if (known == null) {
      throw new IllegalStateException("no answer yet");
    }
    return known;
  }

  /** One filter's place. */
  private final class Slot implements FilterStream {
    final HttpFilter filter;
    final Passage request;
    final Passage response;
    private final int at;
    private final String name;
    private int decoderLimit = ends.bufferLimit();

    Slot(int at, NamedFilter named) {
      this.at = at;
      this.name = named.name();
      this.request = new RequestPassage();
      this.response = new ResponsePassage();
      this.filter = named.maker().make(this);
    }

    @Override
    public RequestHead request() {
      return ends.request();
    }

    @Override
    public StreamInfo info() {
      return ends.info();
    }

    @Override
    public DownstreamConnection connection() {
      return ends.connection();
    }

    @Override
    public Loop loop() {
      return ends.loop();
    }

    @Override
    public @Nullable Route route() {
      return ends.route();
    }

    @Override
    public int shard() {
      return ends.shard();
    }

    @Override
    public @Nullable Question missingRoute() {
      return ends.missingRoute();
    }

    @Override
    public String cluster() {
      return ends.cluster();
    }

    @Override
    public @Nullable String missingCluster() {
      return ends.missingCluster();
    }

    @Override
    public void refreshRoute() {
      ends.refreshRoute();
    }

    @Override
    public List<Object> routeConfigs() {
      FilterOverride override = ends.override(name);
      return override == null ? List.of() : override.configs();
    }

    @Override
    public void continueDecoding() {
      ends.loop().assertInLoop();
      if (request.proceed()) {
        ends.flushRequest();
      }
    }

    @Override
    public void continueEncoding() {
      ends.loop().assertInLoop();
      if (response.proceed()) {
        ends.flushResponse();
      }
    }

    @Override
    public void injectDecoded(ByteBuf data) {
      ends.loop().assertInLoop();
      request.inject(data);
      ends.flushRequest();
    }

    @Override
    public void injectEncoded(ByteBuf data) {
      ends.loop().assertInLoop();
      response.inject(data);
      ends.flushResponse();
    }

    @Override
    public void readAnswer(boolean on) {
      if (!destroyed) {
        ends.readAnswer(on);
      }
    }

    @Override
    public @Nullable WorkerCluster upstream() {
      return ends.upstream();
    }

    @Override
    public boolean hasCluster(String cluster) {
      return ends.hasCluster(cluster);
    }

    @Override
    public void localReply(LocalReply reply) {
      ends.loop().assertInLoop();
      if (!destroyed && !answered) {
        answered = true;
        ends.localReply(reply);
      }
    }

    @Override
    public int bufferLimit() {
      return ends.bufferLimit();
    }

    @Override
    public void decoderBufferLimit(int bytes) {
      decoderLimit = bytes;
    }

    private final class RequestPassage extends Passage {
      @Override
      HeadStatus filterHead(boolean end) {
        return filter.decodeHead(ends.request(), end);
      }

      @Override
      DataStatus filterData(ByteBuf data, boolean end) {
        return filter.decodeData(data, end);
      }

      @Override
      TrailersStatus filterTrailers(HttpHeaders trailers) {
        return filter.decodeTrailers(trailers);
      }

      @Override
      void passHead(boolean end) {
        requestHead(at + 1, end);
      }

      @Override
      void passData(ByteBuf data, boolean end) {
        requestData(at + 1, data, end);
      }

      @Override
      void passTrailers(HttpHeaders trailers) {
        requestTrailers(at + 1, trailers);
      }

      @Override
      boolean over() {
        return destroyed || answered;
      }

      // What a filter has not seen it cannot object to: the client waits.
      @Override
      void onHeld(long bytes, boolean unseen) {
        if (bytes > decoderLimit && !unseen) {
          answered = true;
          ends.requestTooLarge();
        } else if (bytes >= decoderLimit && unseen) {
          ends.readRequest(false);
        }
      }

      @Override
      void onReleased() {
        ends.readRequest(true);
      }
    }

    private final class ResponsePassage extends Passage {
      @Override
      HeadStatus filterHead(boolean end) {
        return filter.encodeHead(status, headers(), end);
      }

      @Override
      DataStatus filterData(ByteBuf data, boolean end) {
        return filter.encodeData(data, end);
      }

      @Override
      TrailersStatus filterTrailers(HttpHeaders trailers) {
        return filter.encodeTrailers(trailers);
      }

      @Override
      void passHead(boolean end) {
        responseHead(at - 1, end);
      }

      @Override
      void passData(ByteBuf data, boolean end) {
        responseData(at - 1, data, end);
      }

      @Override
      void passTrailers(HttpHeaders trailers) {
        responseTrailers(at - 1, trailers);
      }

      @Override
      boolean over() {
        return destroyed;
      }

      @Override
      void onHeld(long bytes, boolean unseen) {
        if (bytes > ends.bufferLimit()) {
          ends.responseTooLarge();
        }
      }

      @Override
      void onReleased() {}
    }
  }
}
