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
import org.jspecify.annotations.Nullable;

/**
 * What lies at both ends of a stream's filters: the client and the router, or the router and the
 * upstream.
 */
public interface FilterEnds {
  /** What the client gets when its request is larger than what may wait. */
  LocalReply REQUEST_TOO_LARGE =
      new LocalReply(413, "Payload Too Large", null, "request_payload_too_large");

  RequestHead request();

  StreamInfo info();

  Loop loop();

  DownstreamConnection connection();

  /** The worker's cell of every statistic. */
  int shard();

  @Nullable Route route();

  /** What the route says of a filter; null when it says nothing, or there is none. */
  @Nullable FilterOverride override(String filter);

  void refreshRoute();

  /** Who may know the route that the request lacks; null when nobody does. */
  @Nullable Question missingRoute();

  /** The name of the cluster that the route chooses; empty when it chooses none. */
  String cluster();

  /** The name of the cluster that the route chooses, when there is no such cluster. */
  @Nullable String missingCluster();

  /** The cluster that the request goes to; null when there is none. */
  @Nullable WorkerCluster upstream();

  boolean hasCluster(String name);

  /** The request's head has passed every filter. */
  void requestHead(boolean end);

  /** So has a part of its body, which is handed over. */
  void requestData(ByteBuf data, boolean end);

  /** So have the fields behind it: its end. */
  void requestTrailers(HttpHeaders trailers);

  /** What was handed over is to go out. */
  void flushRequest();

  /** The answer's head has passed every filter. */
  void responseHead(int status, HttpHeaders headers, boolean end);

  void responseData(ByteBuf data, boolean end);

  void responseTrailers(HttpHeaders trailers);

  void flushResponse();

  /** Gives up on the router, if it was reached, and answers, or breaks an answer off. */
  void localReply(LocalReply reply);

  /** As {@link #localReply}, because the request is larger than what may wait. */
  void requestTooLarge();

  /** The answer is larger than what may wait: breaks it off, or answers with an error instead. */
  void responseTooLarge();

  /** Stops or goes on reading the answer. */
  void readAnswer(boolean on);

  /** Stops or goes on reading the request. */
  void readRequest(boolean on);

  int bufferLimit();
}
