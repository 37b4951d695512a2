package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeaderFormat;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a request is sent once more.
 *
 * @param statuses {@code retriable_status_codes}
 * @param headers {@code retriable_headers} of an answer, any of which will do
 * @param requestHeaders {@code retriable_request_headers}: none, or one of these is on the request
 * @param perTryTimeout for each try; zero for none
 * @param perTryIdleTimeout without anything from the upstream within a try; zero for none
 * @param backOff null for the usual one
 * @param rateLimited the back-off that an answer asks for; null to keep to the usual one
 * @param hostPredicates {@code retry_host_predicate}
 * @param hostAttempts how often another host is chosen when a predicate refuses one
 * @param priority {@code retry_priority}: after how many tries the priorities tried are left out;
 *     zero for never
 */
public record RetryPolicy(
    Set<Condition> conditions,
    Set<Integer> statuses,
    List<HeaderMatch> headers,
    List<HeaderMatch> requestHeaders,
    int retries,
    Duration perTryTimeout,
    Duration perTryIdleTimeout,
    @Nullable BackOff backOff,
    @Nullable RateLimitedBackOff rateLimited,
    List<RetryHosts> hostPredicates,
    int hostAttempts,
    int priority) {
  private static final Logger log = LoggerFactory.getLogger(RetryPolicy.class);
  private static final int MOST_ATTEMPTS = 1000;

  static final SupportedFields FIELDS =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.RetryPolicy.getDescriptor())
          .supports(
              "retry_on",
              "num_retries",
              "per_try_timeout",
              "per_try_idle_timeout",
              "retry_priority",
              "retry_host_predicate",
              "host_selection_retry_max_attempts",
              "retriable_status_codes",
              "retry_back_off",
              "rate_limited_retry_back_off",
              "retriable_headers",
              "retriable_request_headers");

  /** A wait of any length up to {@code base}, which doubles with every try up to {@code max}. */
  public record BackOff(Duration base, Duration max) {
    /** Ten times as long in the end. */
    public static BackOff from(Duration base) {
      return new BackOff(base, base.multipliedBy(10));
    }
  }

  /**
   * A wait that the answer itself asks for ({@code rate_limited_retry_back_off}).
   *
   * @param headers that say when, the first that can be read counts
   * @param most a longer wait is not waited
   */
  public record RateLimitedBackOff(List<ResetHeader> headers, Duration most) {
    public RateLimitedBackOff {
      headers = List.copyOf(headers);
    }
  }

  /**
   * Where an answer says when to come again.
   *
   * @param timestamp whether it says a time, in seconds since 1970, rather than a number of seconds
   */
  public record ResetHeader(AsciiString name, boolean timestamp) {}

  public RetryPolicy {
    conditions = Set.copyOf(conditions);
    statuses = Set.copyOf(statuses);
    headers = List.copyOf(headers);
    requestHeaders = List.copyOf(requestHeaders);
    hostPredicates = List.copyOf(hostPredicates);
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
    RETRIABLE_STATUS_CODES("retriable-status-codes"),
    RETRIABLE_HEADERS("retriable-headers"),
    ENVOY_RATE_LIMITED("envoy-ratelimited"),
    HTTP3_POST_CONNECT_FAILURE("http3-post-connect-failure"),
    CANCELLED("cancelled"),
    DEADLINE_EXCEEDED("deadline-exceeded"),
    RESOURCE_EXHAUSTED("resource-exhausted"),
    UNAVAILABLE("unavailable"),
    INTERNAL("internal");

    private final String text;

    Condition(String text) {
      this.text = text;
    }
  }

  static RetryPolicy of(io.envoyproxy.envoy.config.route.v3.RetryPolicy config, String where)
      throws ConfigException {
    RouteFields.check(FIELDS, config, where);
    return new RetryPolicy(
        conditions(config.getRetryOn(), where),
        new HashSet<>(config.getRetriableStatusCodesList()),
        HeaderMatch.all(config.getRetriableHeadersList(), where + ".retriable_headers"),
        HeaderMatch.all(
            config.getRetriableRequestHeadersList(), where + ".retriable_request_headers"),
        config.hasNumRetries() ? config.getNumRetries().getValue() : 1,
        JavaDuration.of(config.getPerTryTimeout()),
        JavaDuration.of(config.getPerTryIdleTimeout()),
        config.hasRetryBackOff() ? backOff(config.getRetryBackOff()) : null,
        config.hasRateLimitedRetryBackOff()
            ? rateLimited(config.getRateLimitedRetryBackOff())
            : null,
        RetryHosts.all(config.getRetryHostPredicateList()),
        (int) Math.max(1, Math.min(config.getHostSelectionRetryMaxAttempts(), MOST_ATTEMPTS)),
        RetryHosts.priorities(config.getRetryPriority()));
  }

  private static BackOff backOff(
      io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryBackOff config) throws ConfigException {
    Duration base = JavaDuration.of(config.getBaseInterval());
    if (!config.hasMaxInterval()) {
      return BackOff.from(base);
    }
    Duration max = JavaDuration.of(config.getMaxInterval());
    if (max.compareTo(base) < 0) {
      throw new ConfigException(
          "retry_policy.max_interval must greater than or equal to the base_interval");
    }
    return new BackOff(base, max);
  }

  private static RateLimitedBackOff rateLimited(
      io.envoyproxy.envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff config) {
    List<ResetHeader> headers = new ArrayList<>();
    for (var header : config.getResetHeadersList()) {
      headers.add(
          new ResetHeader(
              AsciiString.cached(header.getName().toLowerCase(Locale.ROOT)),
              header.getFormat() == ResetHeaderFormat.UNIX_TIMESTAMP));
    }
    return new RateLimitedBackOff(
        headers,
        config.hasMaxInterval() ? JavaDuration.of(config.getMaxInterval()) : Duration.ofMinutes(5));
  }

  /**
   * The conditions that a list of words names, as {@code retry_on} and the headers {@code
   * x-envoy-retry-on} and {@code x-envoy-retry-grpc-on} have it; unknown words are left out.
   */
  public static Set<Condition> conditions(String words) {
    Set<Condition> conditions = EnumSet.noneOf(Condition.class);
    for (String word : words.split(",", -1)) {
      Condition condition = condition(word.trim());
      if (condition != null) {
        conditions.add(condition);
      }
    }
    return conditions;
  }

  private static Set<Condition> conditions(String words, String where) {
    for (String word : words.split(",", -1)) {
      if (!word.isBlank() && condition(word.trim()) == null) {
        log.warn("{}.retry_on: '{}' never holds here", where, word.trim());
      }
    }
    return conditions(words);
  }

  // Null for what Envoy does not know either.
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
