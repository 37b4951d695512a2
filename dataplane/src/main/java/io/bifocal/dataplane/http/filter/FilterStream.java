package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a filter may know of its stream and do with it; to be used on the stream's worker. */
public interface FilterStream {
  RequestHead request();

  StreamInfo info();

  /** The client's connection. */
  DownstreamConnection connection();

  /** The worker's loop: where timers of the filter belong, and where it must come back to. */
  Loop loop();

  /** The worker's cell of every statistic. */
  int shard();

  /** The request's route, or null when there is none. */
  @Nullable Route route();

  /** Looks the route up again: the request, or what is configured, has changed. */
  void refreshRoute();

  /** Who may know the route that the request lacks; null when nobody does. */
  @Nullable Question missingRoute();

  /** The name of the cluster that the route chooses; empty when it chooses none. */
  String cluster();

  /** The name of the cluster that the route chooses, when there is no such cluster. */
  @Nullable String missingCluster();

  /**
   * What {@code typed_per_filter_config} says for this filter, from the least specific level to the
   * most specific one; usually nothing.
   */
  List<Object> routeConfigs();

  /** The cluster that the request goes to; null when there is none. */
  @Nullable WorkerCluster upstream();

  /** Whether there is a cluster of that name. */
  boolean hasCluster(String name);

  /** Lets the request go on that this filter stopped; nothing happens if it did not. */
  void continueDecoding();

  /** Lets the answer go on that this filter stopped; nothing happens if it did not. */
  void continueEncoding();

  /**
   * Sends a part of the request's body on, which the filter made or took; handed over. The end of a
   * body that was taken waits for {@link #continueDecoding}.
   */
  void injectDecoded(ByteBuf data);

  /** Sends a part of the answer's body on, as {@link #injectDecoded}. */
  void injectEncoded(ByteBuf data);

  /** Stops or goes on reading the answer from the upstream, for a filter that holds much of it. */
  void readAnswer(boolean on);

  /** Answers; the request goes no further. Breaks off an answer that has begun. */
  void localReply(LocalReply reply);

  /** How many bytes of a body may wait here. */
  int bufferLimit();

  /** Sets how many bytes of the request's body may wait at this filter. */
  void decoderBufferLimit(int bytes);
}
