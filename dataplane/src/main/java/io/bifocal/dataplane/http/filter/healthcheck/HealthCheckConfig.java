package io.bifocal.dataplane.http.filter.healthcheck;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.HeaderMatch;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A filter's configuration.
 *
 * @param passThrough whether the upstream answers
 * @param headers what makes a request a health check
 * @param cache what the upstream answered last; null when it is always asked
 * @param members whose health decides; null when that is this proxy's alone
 */
record HealthCheckConfig(
    boolean passThrough,
    List<HeaderMatch> headers,
    @Nullable AnswerCache cache,
    @Nullable Members members,
    String ownCluster,
    BooleanSupplier failing,
    HealthCheckStats stats) {
  HealthCheckConfig {
    headers = List.copyOf(headers);
  }

  boolean isCheck(RequestHead head) {
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.get(i).matches(head)) {
        return false;
      }
    }
    return true;
  }
}
