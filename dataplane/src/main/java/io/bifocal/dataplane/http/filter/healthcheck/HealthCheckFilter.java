package io.bifocal.dataplane.http.filter.healthcheck;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.DataStatus;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.filter.TrailersStatus;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** One request that may be a health check. */
final class HealthCheckFilter implements HttpFilter {
  private static final AsciiString CHECKED_CLUSTER =
      AsciiString.cached("x-envoy-upstream-healthchecked-cluster");
  private static final AsciiString FAIL_AT_ONCE =
      AsciiString.cached("x-envoy-immediate-health-check-fail");
  private static final AsciiString DEGRADED = AsciiString.cached("x-envoy-degraded");

  private final FilterStream stream;
  private final HealthCheckConfig config;
  private boolean check;
  private boolean answering;

  HealthCheckFilter(FilterStream stream, HealthCheckConfig config) {
    this.stream = stream;
    this.config = config;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    if (!config.isCheck(head)) {
      return HeadStatus.CONTINUE;
    }
    check = true;
    stream.info().healthCheck = true;
    answering = !config.passThrough() || config.failing().getAsBoolean() || cached() != null;
    if (!answering) {
      return HeadStatus.CONTINUE;
    }
    if (end) {
      answer();
    }
    return HeadStatus.STOP;
  }

  private AnswerCache.@Nullable Answer cached() {
    AnswerCache cache = config.cache();
    return cache == null ? null : cache.get(stream.loop());
  }

  @Override
  public DataStatus decodeData(ByteBuf data, boolean end) {
    if (!answering) {
      return DataStatus.CONTINUE;
    }
    data.release();
    if (end) {
      answer();
    }
    return DataStatus.TAKEN;
  }

  @Override
  public TrailersStatus decodeTrailers(HttpHeaders trailers) {
    if (!answering) {
      return TrailersStatus.CONTINUE;
    }
    answer();
    return TrailersStatus.STOP;
  }

  private void answer() {
    count(config.stats().total());
    AnswerCache.Answer cached = cached();
    if (config.failing().getAsBoolean()) {
      reply(503, "health_check_failed", false);
    } else if (cached != null) {
      count(config.stats().cached());
      reply(cached.status(), "health_check_cached", cached.degraded());
    } else {
      Members members = config.members();
      Members.Finding finding = members == null ? Members.Finding.ENOUGH : members.look(stream);
      switch (finding) {
        case NO_CLUSTER -> count(config.stats().clusterNotFound());
        case EMPTY_CLUSTER -> count(config.stats().clusterEmpty());
        case UNHEALTHY -> count(config.stats().clusterUnhealthy());
        case ENOUGH -> {}
      }
      reply(
          finding == Members.Finding.ENOUGH ? 200 : 503,
          members == null ? "health_check_ok" : finding.details,
          false);
    }
  }

  private void reply(int status, String details, boolean degraded) {
    boolean good = status / 100 == 2;
    count(good ? config.stats().ok() : config.stats().failed());
    LocalReply reply =
        new LocalReply(status, "", good ? null : ResponseFlag.FAILED_LOCAL_HEALTH_CHECK, details);
    if (degraded) {
      count(config.stats().degraded());
      reply = reply.with(headers -> headers.set(DEGRADED, ""));
    }
    stream.localReply(reply);
  }

  private void count(Counter counter) {
    counter.at(stream.shard()).inc();
  }

  @Override
  public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    if (check) {
      AnswerCache cache = config.cache();
      if (cache != null && !answering) {
        cache.put(status, headers.contains(DEGRADED), stream.loop());
      }
      headers.set(CHECKED_CLUSTER, config.ownCluster());
    } else if (config.failing().getAsBoolean()) {
      headers.set(FAIL_AT_ONCE, "true");
    }
    return HeadStatus.CONTINUE;
  }
}
