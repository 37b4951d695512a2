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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One filter's place among those of its stream, and the stream as the filter sees it. */
final class FilterSlot implements FilterStream {
  final StreamFilters chain;
  final HttpFilter filter;
  final Passage request;
  final Passage response;
  private final FilterEnds ends;
  private final String name;
  private int decoderLimit;

  FilterSlot(StreamFilters chain, int at, StreamFilters.NamedFilter named) {
    this.chain = chain;
    this.ends = chain.ends;
    this.name = named.name();
    this.decoderLimit = ends.bufferLimit();
    this.request = new RequestPassage(this, at);
    this.response = new ResponsePassage(this, at);
    this.filter = named.maker().make(this);
  }

  /** How many bytes of the request's body may wait here. */
  int decoderLimit() {
    return decoderLimit;
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
    if (!chain.isDestroyed()) {
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
    chain.localReply(reply);
  }

  @Override
  public int bufferLimit() {
    return ends.bufferLimit();
  }

  @Override
  public void decoderBufferLimit(int bytes) {
    decoderLimit = bytes;
  }
}
