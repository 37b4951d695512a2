package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.cluster.UpstreamFilters;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.filter.FilterChain;
import io.bifocal.dataplane.http.filter.FilterEnds;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.filter.StreamFilters;
import io.bifocal.dataplane.http.route.FilterOverride;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The filters between the router and the connection of one try: they see the request whether there
 * is a connection or not, and the answer before the router does. What they change of the head is
 * changed for later tries too, as by Envoy. Confined to the worker's loop. Source: Envoy's {@code
 * UpstreamRequest} and {@code UpstreamCodecFilter}.
 */
final class TryFilters implements FilterEnds {
  private static final LocalReply RESPONSE_TOO_LARGE =
      new LocalReply(500, "Internal Server Error", null, "response_payload_too_large");

  private final UpstreamRequest attempt;
  private final RouterRequest router;
  private final @Nullable StreamFilters filters;
  // Null until there is a connection.
  private @Nullable RequestSender sender;
  // What has passed before.
  private @Nullable CompositeByteBuf early;
  private boolean earlyEnd;
  private @Nullable HttpHeaders earlyTrailers;
  private boolean headPassed;
  private boolean headEnd;
  private boolean full;
  private boolean answerHeld;

  private TryFilters(UpstreamRequest attempt, RouterRequest router, FilterChain chain) {
    this.attempt = attempt;
    this.router = router;
    this.filters = chain.forStream(this);
  }

  /** Those of the cluster, or else those of the router; null when there is none for this try. */
  static @Nullable TryFilters of(UpstreamRequest attempt, RouterRequest router) {
    UpstreamFilters own = router.cluster.filters();
    FilterChain chain = own == null ? router.here.settings().upstreamFilters() : (FilterChain) own;
    if (chain == null || chain.isEmpty()) {
      return null;
    }
    TryFilters made = new TryFilters(attempt, router, chain);
    return made.filters == null ? null : made;
  }

  private StreamFilters filters() {
    return requireNonNull(filters);
  }

  // ---- from the router

  void decodeHead(boolean end) {
    filters().decodeHead(end);
  }

  void decodeData(ByteBuf data, boolean end) {
    filters().decodeData(data, end);
  }

  void decodeTrailers(HttpHeaders trailers) {
    filters().decodeTrailers(trailers);
  }

  /** There is a connection: what has passed goes out. */
  void connected(RequestSender out) {
    sender = out;
    if (!headPassed) {
      return;
    }
    out.writeHead(request(), headEnd);
    CompositeByteBuf waiting = early;
    if (waiting != null) {
      early = null;
      attempt.write(waiting, earlyEnd);
    }
    if (earlyTrailers != null) {
      attempt.writeTrailers(earlyTrailers);
    }
  }

  /** Whether there is room for more of the body. */
  boolean isWritable() {
    if (full) {
      return false;
    }
    RequestSender out = sender;
    if (out == null) {
      return early == null || early.readableBytes() < bufferLimit();
    }
    return !headPassed || out.isWritable();
  }

  /** Whether more of the answer may come. */
  boolean takesAnswer() {
    return !answerHeld;
  }

  void destroy() {
    filters().destroy();
    if (early != null) {
      early.release();
      early = null;
    }
  }

  // ---- from the upstream

  void encodeHead(int status, HttpHeaders headers, boolean end) {
    filters().encodeHead(status, headers, end);
  }

  void encodeData(ByteBuf data, boolean end) {
    filters().encodeData(data, end);
  }

  void encodeTrailers(HttpHeaders trailers) {
    filters().encodeTrailers(trailers);
  }

  // ---- what the filters see

  @Override
  public WorkerCluster upstream() {
    return router.cluster;
  }

  @Override
  public void requestHead(boolean end) {
    headPassed = true;
    headEnd = end;
    if (sender != null) {
      sender.writeHead(request(), end);
    }
  }

  @Override
  public void requestData(ByteBuf data, boolean end) {
    if (sender != null) {
      attempt.write(data, end);
      return;
    }
    if (early == null) {
      early = Unpooled.compositeBuffer();
    }
    early.addComponent(true, data);
    earlyEnd |= end;
  }

  @Override
  public void requestTrailers(HttpHeaders trailers) {
    if (sender == null) {
      earlyTrailers = trailers;
    } else {
      attempt.writeTrailers(trailers);
    }
  }

  @Override
  public void flushRequest() {
    attempt.flush();
  }

  @Override
  public void responseHead(int status, HttpHeaders headers, boolean end) {
    attempt.pass(status, headers, end);
  }

  @Override
  public void responseData(ByteBuf data, boolean end) {
    attempt.pass(data, end);
  }

  @Override
  public void responseTrailers(HttpHeaders trailers) {
    attempt.pass(trailers);
  }

  @Override
  public void flushResponse() {
    attempt.onReadComplete();
  }

  @Override
  public void localReply(LocalReply reply) {
    router.onFilterReply(attempt, reply);
  }

  @Override
  public void requestTooLarge() {
    localReply(REQUEST_TOO_LARGE);
  }

  @Override
  public void responseTooLarge() {
    localReply(RESPONSE_TOO_LARGE);
  }

  @Override
  public void readAnswer(boolean on) {
    answerHeld = !on;
    attempt.readResponse(router.downstream.isWritable());
  }

  @Override
  public void readRequest(boolean on) {
    full = !on;
    router.onUpstreamWritable(on);
  }

  // ---- what the filters know

  @Override
  public RequestHead request() {
    return router.downstream.request();
  }

  @Override
  public StreamInfo info() {
    return router.downstream.info();
  }

  @Override
  public Loop loop() {
    return router.loop;
  }

  @Override
  public DownstreamConnection connection() {
    return requireNonNull(router.downstream.connection());
  }

  @Override
  public int shard() {
    return router.here.shard();
  }

  @Override
  public @Nullable Route route() {
    return router.downstream.route();
  }

  @Override
  public @Nullable FilterOverride override(String filter) {
    Route route = route();
    return route == null ? null : route.filters().get(filter);
  }

  /** Changes nothing: the request is on its way. */
  @Override
  public void refreshRoute() {}

  @Override
  public @Nullable Question missingRoute() {
    return null;
  }

  @Override
  public String cluster() {
    return router.cluster.config().name();
  }

  @Override
  public @Nullable String missingCluster() {
    return null;
  }

  @Override
  public boolean hasCluster(String name) {
    return router.here.clusters().find(name) != null;
  }

  @Override
  public int bufferLimit() {
    return router.downstream.bufferLimit();
  }
}
