package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.stream.AccessLog;
import java.time.Duration;
import java.util.List;

/**
 * The router's own logs, of every try ({@code upstream_log}).
 *
 * @param onReady {@code flush_upstream_log_on_upstream_stream}: whether also when it has its
 *     connection
 * @param interval {@code upstream_log_flush_interval}: how often also while it lasts; zero for
 *     never
 */
public record UpstreamLogs(List<AccessLog> logs, boolean onReady, Duration interval) {
  public UpstreamLogs {
    logs = List.copyOf(logs);
  }
}
