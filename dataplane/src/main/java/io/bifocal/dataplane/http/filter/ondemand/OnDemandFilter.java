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
  private final Optional<ClusterDiscovery> discovery;
  private final ClusterQuestions clusters;
  private final Loop control;
  private final OnDemandStats stats;
  private @Nullable FilterStream stream;
  private @Nullable Question asked;
  private @Nullable Wait wait;
  private Loop.@Nullable Timer patience;

  OnDemandFilter(
      Optional<ClusterDiscovery> discovery,
      ClusterQuestions clusters,
      Loop control,
      OnDemandStats stats) {
    this.discovery = discovery;
    this.clusters = clusters;
    this.control = control;
    this.stats = stats;
  }

  @Override
  public void onStream(FilterStream opened) {
    stream = opened;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    FilterStream own = stream;
    return own != null && waits(own) ? HeadStatus.STOP_ALL : HeadStatus.CONTINUE;
  }

  /** Whether it waits for something that it was not yet answered. */
  private boolean waits(FilterStream own) {
    Question question = lacks(own);
    if (question == null || question.equals(asked)) {
      return false;
    }
    asked = question;
    if (!question.patience().isZero()) {
      patience = own.loop().schedule(question.patience(), () -> onTimeout(own));
    }
    wait = Wait.begin(question, control, own.loop(), () -> goOn(own));
    // Counted when it is on its way: what is done on the control loop from now on finds it asked.
    stats.requests().at(own.shard()).inc();
    stats.waiting().at(own.shard()).inc();
    return true;
  }

  private @Nullable Question lacks(FilterStream own) {
    if (own.route() == null) {
      return own.missingRoute();
    }
    ClusterDiscovery where = discovery(own.routeConfigs());
    String cluster = where == null ? null : own.missingCluster();
    return where == null || cluster == null
        ? null
        : clusters.question(where.source(), cluster, where.timeout());
  }

  // What is configured for another kind of filter under this one's name says nothing here.
  private @Nullable ClusterDiscovery discovery(List<Object> routes) {
    Object nearest = routes.isEmpty() ? null : routes.get(routes.size() - 1);
    return (nearest instanceof OnRoute said ? said.discovery() : discovery).orElse(null);
  }

  private void onTimeout(FilterStream own) {
    patience = null;
    Wait open = wait;
    if (open != null) {
      stats.timeout().at(own.shard()).inc();
      open.cancel();
      goOn(own);
    }
  }

  private void goOn(FilterStream own) {
    leave(own);
    own.refreshRoute();
    if (!waits(own)) {
      own.continueDecoding();
    }
  }

  private void leave(FilterStream own) {
    wait = null;
    stats.waiting().at(own.shard()).dec();
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
  }

  @Override
  public void onDestroy() {
    Wait open = wait;
    if (open != null && stream != null) {
      open.cancel();
      leave(stream);
    }
  }
}
