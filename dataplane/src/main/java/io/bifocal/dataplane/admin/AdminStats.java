package io.bifocal.dataplane.admin;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.List;

/**
 * What the admin interface counts of itself, under Envoy's names. The control loop adds, as the
 * shard is its own.
 */
final class AdminStats {
  private final Loop control;
  private final Counter accepted;
  private final Counter overflown;
  private final Gauge open;
  private final Counter requests;
  private final Counter completed;
  private final List<Counter> byClass = new ArrayList<>();

  AdminStats(Scope root, Loop control) {
    this.control = control;
    Scope listener = root.scope("listener.admin");
    accepted = listener.counter("downstream_cx_total");
    overflown = listener.counter("downstream_cx_overflow");
    open = listener.gauge("downstream_cx_active");
    Scope http = root.tagged("http", "envoy.http_conn_manager_prefix", "admin");
    requests = http.counter("downstream_rq_total");
    completed = http.counter("downstream_rq_completed");
    for (int i = 1; i <= 5; i++) {
      byClass.add(http.counter("downstream_rq_" + i + "xx"));
    }
  }

  void accepted() {
    control.execute(accepted::inc);
  }

  void overflown() {
    control.execute(overflown::inc);
  }

  void opened() {
    control.execute(() -> open.add(1));
  }

  void closed() {
    control.execute(() -> open.add(-1));
  }

  void asked() {
    control.execute(requests::inc);
  }

  void answered(int status) {
    control.execute(
        () -> {
          completed.inc();
          byClass.get(status / 100 - 1).inc();
        });
  }
}
