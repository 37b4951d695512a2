package io.bifocal.dataplane.http.filter.localratelimit;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.ratelimit.TokenBucket;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** One request that needs a token. */
final class LocalRateLimitFilter implements HttpFilter {
  private static final AsciiString LIMIT = AsciiString.cached("x-ratelimit-limit");
  private static final AsciiString REMAINING = AsciiString.cached("x-ratelimit-remaining");
  private static final AsciiString RESET = AsciiString.cached("x-ratelimit-reset");
  private static final int RESOURCE_EXHAUSTED = 8;

  private final FilterStream stream;
  private LimitSettings settings;
  // What the client is told of; null for nothing.
  private @Nullable TokenBucket bucket;

  LocalRateLimitFilter(FilterStream stream, LimitSettings settings) {
    this.stream = stream;
    this.settings = settings;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    List<Object> routes = stream.routeConfigs();
    if (!routes.isEmpty() && routes.get(routes.size() - 1) instanceof LimitSettings most) {
      settings = most;
    }
    if (!settings.enabled.includes(ThreadLocalRandom.current().nextLong() >>> 1)) {
      return HeadStatus.CONTINUE;
    }
    count(settings.stats.enabled());
    Limiter.Verdict verdict =
        settings.limiter(stream).ask(settings.descriptors.of(stream), stream.loop().nanoTime());
    bucket = settings.tellsLimits ? verdict.bucket() : null;
    if (verdict.allowed()) {
      count(settings.stats.ok());
      return HeadStatus.CONTINUE;
    }
    count(settings.stats.limited());
    if (!settings.enforced.includes(ThreadLocalRandom.current().nextLong() >>> 1)) {
      settings.requestHeaders.apply(head.headers, stream.info());
      return HeadStatus.CONTINUE;
    }
    count(settings.stats.enforced());
    stream.localReply(refusal());
    return HeadStatus.STOP_ALL;
  }

  private LocalReply refusal() {
    LocalReply reply =
        new LocalReply(
                settings.status,
                "local_rate_limited",
                ResponseFlag.RATE_LIMITED,
                "local_rate_limited")
            .with(headers -> settings.responseHeaders.apply(headers, stream.info()));
    return settings.exhausted ? reply.withGrpcStatus(RESOURCE_EXHAUSTED) : reply;
  }

  private void count(Counter counter) {
    counter.at(stream.shard()).inc();
  }

  @Override
  public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    TokenBucket told = bucket;
    if (told != null) {
      long now = stream.loop().nanoTime();
      headers.set(LIMIT, Long.toString(told.max()));
      headers.set(REMAINING, Long.toString(told.remaining(now)));
      headers.set(RESET, Long.toString(told.secondsToNext(now)));
    }
    return HeadStatus.CONTINUE;
  }
}
