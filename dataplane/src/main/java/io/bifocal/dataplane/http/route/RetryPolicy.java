package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a request is sent once more.
 *
 * @param statuses {@code retriable_status_codes}
 * @param perTryTimeout for each try; zero for none
 * @param baseInterval of the back-off, which grows up to {@code maxInterval} with full jitter
 */
public record RetryPolicy(
    Set<Condition> conditions,
    Set<Integer> statuses,
    int retries,
    Duration perTryTimeout,
    Duration baseInterval,
    Duration maxInterval) {
  private static final Logger log = LoggerFactory.getLogger(RetryPolicy.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.RetryPolicy.getDescriptor())
          .supports(
              "retry_on",
              "num_retries",
              "retriable_status_codes",
              "retry_back_off",
              "per_try_timeout")
          .ignores(
              "a retry may choose the same host again",
              "retry_host_predicate",
              "host_selection_retry_max_attempts",
              "retry_priority");

  public RetryPolicy {
    conditions = Set.copyOf(conditions);
    statuses = Set.copyOf(statuses);
  }

  /** The parts of {@code retry_on}. */
  public enum Condition {
    FIVE_XX("5xx"),
    GATEWAY_ERROR("gateway-error"),
    RESET("reset"),
    RESET_BEFORE_REQUEST("reset-before-request"),
    CONNECT_FAILURE("connect-failure"),
    RETRIABLE_4XX("retriable-4xx"),
    REFUSED_STREAM("refused-stream"),
    RETRIABLE_STATUS_CODES("retriable-status-codes");

    private final String text;

    Condition(String text) {
      this.text = text;
    }
  }

  static RetryPolicy of(io.envoyproxy.envoy.config.route.v3.RetryPolicy config, String where)
      throws ConfigException {
    FIELDS.check(config, where).forEach(log::warn);
    Set<Condition> conditions = EnumSet.noneOf(Condition.class);
    for (String word : config.getRetryOn().split(",", -1)) {
      String wanted = word.trim();
      if (!wanted.isEmpty()) {
        Condition condition = condition(wanted);
        if (condition == null) {
          log.warn("{}.retry_on: '{}' never holds here", where, wanted);
        } else {
          conditions.add(condition);
        }
      }
    }
    Duration base = Duration.ofMillis(25);
    Duration max = Duration.ofMillis(250);
    if (config.hasRetryBackOff()) {
      base = JavaDuration.of(config.getRetryBackOff().getBaseInterval());
      max =
          config.getRetryBackOff().hasMaxInterval()
              ? JavaDuration.of(config.getRetryBackOff().getMaxInterval())
              : base.multipliedBy(10);
      if (max.compareTo(base) < 0) {
        throw new ConfigException(
            "retry_policy.max_interval must greater than or equal to the base_interval");
      }
    }
    return new RetryPolicy(
        conditions,
        new HashSet<>(config.getRetriableStatusCodesList()),
        config.hasNumRetries() ? config.getNumRetries().getValue() : 1,
        JavaDuration.of(config.getPerTryTimeout()),
        base,
        max);
  }

  // Conditions on gRPC's statuses or HTTP/3, and what Envoy does not know either.
  private static @Nullable Condition condition(String word) {
    for (Condition condition : Condition.values()) {
      if (condition.text.equals(word)) {
        return condition;
      }
    }
    return null;
  }

  /** Whether an answer with this status is worth another try. */
  public boolean retries(int status) {
    if (conditions.contains(Condition.FIVE_XX) && status >= 500 && status < 600) {
      return true;
    }
    if (conditions.contains(Condition.GATEWAY_ERROR) && status >= 502 && status <= 504) {
      return true;
    }
    if (conditions.contains(Condition.RETRIABLE_4XX) && status == 409) {
      return true;
    }
    return conditions.contains(Condition.RETRIABLE_STATUS_CODES) && statuses.contains(status);
  }

  /** Whether a connection that could not be made is. */
  public boolean retriesConnectFailure() {
    return conditions.contains(Condition.CONNECT_FAILURE) || retriesReset();
  }

  /** Whether a request is that the upstream says it has not looked at. */
  public boolean retriesRefusedStream() {
    return conditions.contains(Condition.REFUSED_STREAM) || retriesReset();
  }

  /** Whether a connection that broke before the answer began is. */
  public boolean retriesReset() {
    return conditions.contains(Condition.RESET)
        || conditions.contains(Condition.FIVE_XX)
        || conditions.contains(Condition.GATEWAY_ERROR);
  }
}
