package io.bifocal.dataplane.http.filter.ondemand;

import io.bifocal.dataplane.cluster.ClusterQuestions;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.ondemand.Wait;
import io.bifocal.xds.time.Loop;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request that waits, once for each thing that it lacks, before it goes on; its body stays
 * where it is meanwhile.
 */
final class OnDemandFilter implements HttpFilter {
  private final FilterStream stream;
  private final Optional<ClusterDiscovery> discovery;
  private final ClusterQuestions clusters;
  private final Loop control;
  private final OnDemandStats stats;
  private @Nullable Question asked;
  private @Nullable Wait wait;
  private Loop.@Nullable Timer patience;

  OnDemandFilter(
      FilterStream stream,
      Optional<ClusterDiscovery> discovery,
      ClusterQuestions clusters,
      Loop control,
      OnDemandStats stats) {
    this.stream = stream;
    this.discovery = discovery;
    this.clusters = clusters;
    this.control = control;
    this.stats = stats;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    return waits() ? HeadStatus.STOP_ALL : HeadStatus.CONTINUE;
  }

  /** Whether it waits for something that it was not yet answered. */
  private boolean waits() {
    Question question = lacks();
    if (question == null || question.equals(asked)) {
      return false;
    }
    asked = question;
    if (!question.patience().isZero()) {
      patience = stream.loop().schedule(question.patience(), this::onTimeout);
    }
    wait = Wait.begin(question, control, stream.loop(), this::goOn);
    // Counted when it is on its way: what is done on the control loop from now on finds it asked.
    stats.requests().at(stream.shard()).inc();
    stats.waiting().at(stream.shard()).inc();
    return true;
  }

  private @Nullable Question lacks() {
    if (stream.route() == null) {
      return stream.missingRoute();
    }
    ClusterDiscovery where = discovery(stream.routeConfigs());
    String cluster = where == null ? null : stream.missingCluster();
    return where == null || cluster == null
        ? null
        : clusters.question(where.source(), cluster, where.timeout());
  }

  // What is configured for another kind of filter under this one's name says nothing here.
  private @Nullable ClusterDiscovery discovery(List<Object> routes) {
    Object nearest = routes.isEmpty() ? null : routes.get(routes.size() - 1);
    return (nearest instanceof OnRoute said ? said.discovery() : discovery).orElse(null);
  }

  private void onTimeout() {
    patience = null;
    Wait open = wait;
    if (open != null) {
      stats.timeout().at(stream.shard()).inc();
      open.cancel();
      goOn();
    }
  }

  private void goOn() {
    leave();
    stream.refreshRoute();
    if (!waits()) {
      stream.continueDecoding();
    }
  }

  private void leave() {
    wait = null;
    stats.waiting().at(stream.shard()).dec();
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
  }

  @Override
  public void onDestroy() {
    Wait open = wait;
    if (open != null) {
      open.cancel();
      leave();
    }
  }
}
