package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.LocalReply;
import java.util.List;

/** One request that must be allowed. */
final class RbacFilter implements HttpFilter {
  private static final String DENIED = "RBAC: access denied";

  private final FilterStream stream;
  private final RbacSettings own;
  private final RbacStats stats;
  private final RbacReport report;

  RbacFilter(FilterStream stream, RbacSettings own, RbacStats stats, RbacReport report) {
    this.stream = stream;
    this.own = own;
    this.stats = stats;
    this.report = report;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    RbacSettings settings = settings();
    Engine shadow = settings.shadow();
    Engine rules = settings.rules();
    if (shadow == null && rules == null) {
      return HeadStatus.CONTINUE;
    }
    Subject subject = new Subject(head, stream.connection(), stream.info());
    if (shadow != null) {
      Engine.Decision decision = shadow.decide(subject);
      stats.inTheShadow(decision, stream.shard(), settings.perPolicy());
      report.inTheShadow(decision, stream.info());
    }
    if (rules == null) {
      return HeadStatus.CONTINUE;
    }
    Engine.Decision decision = rules.decide(subject);
    stats.enforced(decision, stream.shard(), settings.perPolicy());
    report.enforced(decision, stream.info());
    if (decision.allowed()) {
      return HeadStatus.CONTINUE;
    }
    stream.localReply(new LocalReply(403, DENIED, null, RbacReport.details(decision)));
    return HeadStatus.STOP_ALL;
  }

  private RbacSettings settings() {
    List<Object> routes = stream.routeConfigs();
    return !routes.isEmpty() && routes.get(routes.size() - 1) instanceof RbacSettings most
        ? most
        : own;
  }
}
