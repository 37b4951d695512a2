package io.bifocal.dataplane.http.filter;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.StreamFilters.NamedFilter;
import io.bifocal.dataplane.http.route.FilterOverride;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request through filters without a proxy, for tests of filters: a test is the client and the
 * upstream, moves the clock, and asks what came through. The client is 10.0.0.1:1000, and asks
 * 10.0.0.2:80. Belongs to the test's thread.
 */
public final class ScriptedStream {
  private final VirtualTime time;
  private final StreamInfo info = new StreamInfo();
  private final RequestHead request;
  private final List<NamedFilter> makers = new ArrayList<>();
  private final List<Object> routeConfigs = new ArrayList<>();
  private final StringBuilder upstreamBody = new StringBuilder();
  private final StringBuilder body = new StringBuilder();
  private final HttpHeaders none = new DefaultHttpHeaders();
  private @Nullable StreamFilters filters;
  private HttpHeaders headers = none;
  private HttpHeaders trailers = none;
  private String cluster = "up";
  private @Nullable WorkerCluster upstream;
  private boolean reached;
  private boolean requestEnded;
  private boolean reading = true;
  private boolean readingAnswer = true;
  private int status;
  private boolean ended;
  private int limit = 1 << 20;

  /**
   * A request that has not begun.
   *
   * @param headers name, value, and so on
   */
  public ScriptedStream(VirtualTime time, String method, String path, String... headers) {
    this.time = time;
    HttpHeaders all = new DefaultHttpHeaders();
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    this.request = new RequestHead(method, path, "example.com", true, all);
    info.method = method;
    info.path = path;
    info.authority = "example.com";
    info.requestHeaders = all;
    info.downstreamRemote = new Address.Ip(ip(1), 1000);
    info.downstreamLocal = new Address.Ip(ip(2), 80);
  }

  private static InetAddress ip(int last) {
    return InetAddresses.forString("10.0.0." + last);
  }

  /** Adds a filter behind those that are there. */
  public ScriptedStream through(HttpFilter.Maker filter) {
    makers.add(new NamedFilter("filter " + makers.size(), filter));
    return this;
  }

  /** What routes say of the filters, the most specific last. */
  public ScriptedStream routeConfig(Object config) {
    routeConfigs.add(config);
    return this;
  }

  /** The cluster that the route chooses; {@code up} otherwise. */
  public ScriptedStream cluster(String name) {
    cluster = name;
    return this;
  }

  /** The cluster that serves the request; none otherwise. */
  public ScriptedStream upstream(WorkerCluster serving) {
    upstream = serving;
    return this;
  }

  /** How many bytes may wait at a filter; a megabyte otherwise. */
  public ScriptedStream bufferLimit(int bytes) {
    limit = bytes;
    return this;
  }

  /** The client sends its request's head. */
  public ScriptedStream begin(boolean end) {
    filters = new StreamFilters(new Ends(), makers);
    filters.decodeHead(end);
    return this;
  }

  /** The client sends a part of the body. */
  public ScriptedStream send(String part, boolean end) {
    open().decodeData(bytes(part), end);
    return this;
  }

  /** The upstream begins its answer. */
  public ScriptedStream answer(int code, boolean end, String... headers) {
    HttpHeaders all = new DefaultHttpHeaders();
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    info.responseCode = code;
    open().encodeHead(code, all, end);
    return this;
  }

  /** The upstream sends a part of its answer. */
  public ScriptedStream answerBody(String part, boolean end) {
    open().encodeData(bytes(part), end);
    return this;
  }

  /** The client ends its request with a field behind the body. */
  public ScriptedStream sendTrailer(String name, String value) {
    open().decodeTrailers(new DefaultHttpHeaders().add(name, value));
    return this;
  }

  /** The upstream ends its answer so. */
  public ScriptedStream answerTrailer(String name, String value) {
    open().encodeTrailers(new DefaultHttpHeaders().add(name, value));
    return this;
  }

  /** The stream is over: its filters are told. */
  public void close() {
    open().destroy();
  }

  private StreamFilters open() {
    StreamFilters made = filters;
    if (made == null) {
      throw new IllegalStateException("the request has not begun");
    }
    return made;
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  public StreamInfo info() {
    return info;
  }

  public RequestHead request() {
    return request;
  }

  /** Whether the request's head has come to the upstream. */
  public boolean reachedUpstream() {
    return reached;
  }

  /** Whether the whole request has. */
  public boolean requestEnded() {
    return requestEnded;
  }

  /** What the upstream has of the request's body. */
  public String upstreamBody() {
    return upstreamBody.toString();
  }

  /** The status that the client has seen; 0 as long as it has seen none. */
  public int status() {
    return status;
  }

  /** The headers of the answer that the client has seen. */
  public HttpHeaders headers() {
    return headers;
  }

  /** What the client has of the answer's body. */
  public String body() {
    return body.toString();
  }

  /** The fields behind it; empty as long as there are none. */
  public HttpHeaders trailers() {
    return trailers;
  }

  /** Whether the client has the whole answer. */
  public boolean ended() {
    return ended;
  }

  /** Whether the client's bytes are read. */
  public boolean reading() {
    return reading;
  }

  /** Whether the upstream's bytes are read. */
  public boolean readingAnswer() {
    return readingAnswer;
  }

  private final class Ends implements FilterEnds {
    @Override
    public RequestHead request() {
      return request;
    }

    @Override
    public StreamInfo info() {
      return info;
    }

    @Override
    public Loop loop() {
      return time;
    }

    @Override
    public DownstreamConnection connection() {
      return new DownstreamConnection(info, false, limit);
    }

    @Override
    public int shard() {
      return StatsStore.CONTROL;
    }

    @Override
    public @Nullable Route route() {
      return null;
    }

    @Override
    public @Nullable FilterOverride override(String filter) {
      return routeConfigs.isEmpty() ? null : new FilterOverride(false, routeConfigs);
    }

    @Override
    public void refreshRoute() {}

    @Override
    public @Nullable Question missingRoute() {
      return null;
    }

    @Override
    public String cluster() {
      return cluster;
    }

    @Override
    public @Nullable String missingCluster() {
      return null;
    }

    @Override
    public void requestHead(boolean end) {
      reached = true;
      requestEnded = end;
    }

    @Override
    public void requestData(ByteBuf data, boolean end) {
      upstreamBody.append(data.toString(StandardCharsets.UTF_8));
      data.release();
      requestEnded = end;
    }

    @Override
    public void requestTrailers(HttpHeaders fields) {
      requestEnded = true;
    }

    @Override
    public void flushRequest() {}

    @Override
    public void responseHead(int code, HttpHeaders answered, boolean end) {
      status = code;
      headers = answered;
      ended = end;
    }

    @Override
    public void responseData(ByteBuf data, boolean end) {
      body.append(data.toString(StandardCharsets.UTF_8));
      data.release();
      ended = end;
    }

    @Override
    public void responseTrailers(HttpHeaders fields) {
      trailers = fields;
      ended = true;
    }

    @Override
    public void flushResponse() {}

    @Override
    public void localReply(LocalReply reply) {
      if (reply.flag() != null) {
        info.flag(reply.flag());
      }
      info.responseCode = reply.status();
      info.responseCodeDetails = reply.details();
      HttpHeaders all = new DefaultHttpHeaders();
      reply.headers().accept(all);
      open().encodeHead(reply.status(), all, reply.body().isEmpty());
      if (!reply.body().isEmpty()) {
        open().encodeData(bytes(reply.body()), true);
      }
    }

    @Override
    public void requestTooLarge() {
      localReply(REQUEST_TOO_LARGE);
    }

    @Override
    public void responseTooLarge() {
      status = 500;
      ended = true;
    }

    @Override
    public @Nullable WorkerCluster upstream() {
      return upstream;
    }

    @Override
    public boolean hasCluster(String name) {
      return !name.isEmpty() && name.equals(cluster);
    }

    @Override
    public void readAnswer(boolean on) {
      readingAnswer = on;
    }

    @Override
    public void readRequest(boolean on) {
      reading = on;
    }

    @Override
    public int bufferLimit() {
      return limit;
    }
  }
}
