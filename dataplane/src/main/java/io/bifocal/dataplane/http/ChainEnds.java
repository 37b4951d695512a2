package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterEnds;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.FilterOverride;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** An exchange and its answer, as the filters between them see both. */
record ChainEnds(Exchange exchange, Response response) implements FilterEnds {
  @Override
  public RequestHead request() {
    return exchange.request();
  }

  @Override
  public StreamInfo info() {
    return exchange.info;
  }

  @Override
  public DownstreamConnection connection() {
    return exchange.connection.downstream;
  }

  @Override
  public Loop loop() {
    return exchange.connection.loop;
  }

  @Override
  public @Nullable Route route() {
    return exchange.route();
  }

  @Override
  public @Nullable FilterOverride override(String filter) {
    Route route = exchange.route();
    return route == null ? null : route.filters().get(filter);
  }

  @Override
  public int shard() {
    return exchange.connection.here.worker.shard();
  }

  @Override
  public @Nullable Question missingRoute() {
    return exchange.connection.manager.routes().missing(request());
  }

  @Override
  public String cluster() {
    Route route = exchange.route();
    return route == null ? "" : route.clusterName();
  }

  @Override
  public @Nullable String missingCluster() {
    String name = cluster();
    return name.isEmpty() || hasCluster(name) ? null : name;
  }

  @Override
  public void refreshRoute() {
    exchange.findRoute();
  }

  @Override
  public void requestHead(boolean end) {
    exchange.serve(end);
  }

  @Override
  public void requestData(ByteBuf data, boolean end) {
    exchange.serveBody(data, end, loop().nanoTime());
  }

  @Override
  public void requestTrailers(HttpHeaders trailers) {
    exchange.serveTrailers(trailers, loop().nanoTime());
  }

  @Override
  public void flushRequest() {
    exchange.onReadComplete();
  }

  @Override
  public void responseHead(int status, HttpHeaders headers, boolean end) {
    response.sendHead(status, headers, end);
  }

  @Override
  public void responseData(ByteBuf data, boolean end) {
    response.sendBody(data, end);
  }

  @Override
  public void responseTrailers(HttpHeaders trailers) {
    response.sendTrailers(trailers);
  }

  @Override
  public void flushResponse() {
    response.flush();
  }

  @Override
  public void localReply(LocalReply reply) {
    exchange.giveUp(reply);
  }

  @Override
  public void requestTooLarge() {
    exchange.connection.stats.rqTooLarge.inc();
    exchange.giveUp(REQUEST_TOO_LARGE);
  }

  @Override
  public void responseTooLarge() {
    exchange.responseTooLarge();
  }

  @Override
  public @Nullable WorkerCluster upstream() {
    return exchange.connection.here.clusters.find(cluster());
  }

  @Override
  public boolean hasCluster(String name) {
    return exchange.connection.here.clusters.find(name) != null;
  }

  @Override
  public void readAnswer(boolean on) {
    response.hold(!on);
    exchange.onWritabilityChanged(response.isWritable());
  }

  @Override
  public void readRequest(boolean on) {
    response.readRequest(on);
  }

  @Override
  public int bufferLimit() {
    return response.bufferLimit();
  }
}
