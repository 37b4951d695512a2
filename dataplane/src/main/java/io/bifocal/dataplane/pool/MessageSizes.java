package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;

/**
 * What one worker records of the sizes of a cluster's requests and answers, try by try. Source:
 * {@code Cluster.track_cluster_stats.request_response_sizes}.
 */
public final class MessageSizes {
  private final int shard;
  private final Histogram requestHeaders;
  private final Histogram requestFields;
  private final Histogram requestBody;
  private final Histogram responseHeaders;
  private final Histogram responseFields;
  private final Histogram responseBody;

  /** Made where they are listed from then on. */
  public MessageSizes(Scope cluster, int shard) {
    this.shard = shard;
    requestHeaders = cluster.histogram("upstream_rq_headers_size", Histogram.Unit.BYTES);
    requestFields = cluster.histogram("upstream_rq_headers_count", Histogram.Unit.UNSPECIFIED);
    requestBody = cluster.histogram("upstream_rq_body_size", Histogram.Unit.BYTES);
    responseHeaders = cluster.histogram("upstream_rs_headers_size", Histogram.Unit.BYTES);
    responseFields = cluster.histogram("upstream_rs_headers_count", Histogram.Unit.UNSPECIFIED);
    responseBody = cluster.histogram("upstream_rs_body_size", Histogram.Unit.BYTES);
  }

  public void request(long headers, int fields, long body) {
    requestHeaders.record(shard, headers);
    requestFields.record(shard, fields);
    requestBody.record(shard, body);
  }

  public void response(long headers, int fields, long body) {
    responseHeaders.record(shard, headers);
    responseFields.record(shard, fields);
    responseBody.record(shard, body);
  }
}
