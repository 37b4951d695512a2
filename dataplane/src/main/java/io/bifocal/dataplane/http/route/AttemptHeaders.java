package io.bifocal.dataplane.http.route;

import io.envoyproxy.envoy.config.route.v3.VirtualHost;

/**
 * What a virtual host tells both sides of its tries.
 *
 * @param inRequest {@code include_request_attempt_count}
 * @param inResponse {@code include_attempt_count_in_response}
 * @param timeoutRetry {@code include_is_timeout_retry_header}
 */
public record AttemptHeaders(boolean inRequest, boolean inResponse, boolean timeoutRetry) {
  public static final AttemptHeaders NONE = new AttemptHeaders(false, false, false);

  static AttemptHeaders of(VirtualHost host) {
    return new AttemptHeaders(
        host.getIncludeRequestAttemptCount(),
        host.getIncludeAttemptCountInResponse(),
        host.getIncludeIsTimeoutRetryHeader());
  }
}
