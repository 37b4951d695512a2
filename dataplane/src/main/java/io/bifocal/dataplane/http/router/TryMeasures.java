package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.pool.MessageSizes;
import io.bifocal.dataplane.pool.TimeoutBudgets;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.xds.time.Loop;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded of one try where a cluster's statistics are to tell of sizes and timeouts.
 * Source: Envoy's {@code UpstreamRequest::cleanUp}.
 */
final class TryMeasures {
  private static final int PSEUDO_NAMES =
      ":method".length() + ":scheme".length() + ":path".length() + ":authority".length();

  private final @Nullable MessageSizes sizes;
  // Null when the try did not end by itself, too.
  private @Nullable TimeoutBudgets budgets;
  private final Loop loop;
  private final long startNanos;
  private long sent;
  private long received;
  private long answerHeaders = -1;
  private int answerFields;

  private TryMeasures(@Nullable MessageSizes sizes, @Nullable TimeoutBudgets budgets, Loop loop) {
    this.sizes = sizes;
    this.budgets = budgets;
    this.loop = loop;
    this.startNanos = loop.nanoTime();
  }

  /** Null when nobody asks for them. */
  static @Nullable TryMeasures of(UpstreamStats stats, Loop loop) {
    return stats.sizes() == null && stats.budgets() == null
        ? null
        : new TryMeasures(stats.sizes(), stats.budgets(), loop);
  }

  void sent(int bytes) {
    sent += bytes;
  }

  void received(int bytes) {
    received += bytes;
  }

  void answered(HttpHeaders headers) {
    answerHeaders = ":status".length() + 3 + bytes(headers);
    answerFields = 1 + headers.size();
  }

  /** The time for all tries is over: that says nothing of this one's. */
  void cutShort() {
    budgets = null;
  }

  /**
   * It is over.
   *
   * @param timeout of a try, in milliseconds; 0 for none
   */
  void end(RequestHead head, long timeout) {
    if (budgets != null) {
      budgets.usedByTry((loop.nanoTime() - startNanos) / 1_000_000, timeout);
    }
    if (sizes != null) {
      sizes.request(bytes(head), 4 + head.headers.size(), sent);
      if (answerHeaders >= 0) {
        sizes.response(answerHeaders, answerFields, received);
      }
    }
  }

  private static long bytes(RequestHead head) {
    return PSEUDO_NAMES
        + head.method.length()
        + head.scheme.length()
        + head.path.length()
        + head.authority.length()
        + bytes(head.headers);
  }

  private static long bytes(HttpHeaders headers) {
    long bytes = 0;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = all.next();
      bytes += field.getKey().length() + field.getValue().length();
    }
    return bytes;
  }
}
