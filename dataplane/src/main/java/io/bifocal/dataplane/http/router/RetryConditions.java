package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.HeaderMatch;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RetryPolicy.Condition;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When one request is tried again, and how often: as its route has it, and as its own headers do,
 * which are taken out.
 *
 * @param headerNames of answers; any will do
 */
record RetryConditions(
    Set<Condition> on,
    Set<Integer> statuses,
    List<HeaderMatch> headers,
    List<String> headerNames,
    long retries) {
  private static final AsciiString[] CONSUMED = {
    EnvoyHeaders.RETRY_ON,
    EnvoyHeaders.RETRY_GRPC_ON,
    EnvoyHeaders.MAX_RETRIES,
    EnvoyHeaders.RETRIABLE_STATUS_CODES,
    EnvoyHeaders.RETRIABLE_HEADER_NAMES,
    EnvoyHeaders.HEDGE_ON_PER_TRY_TIMEOUT,
  };

  /** Null when it never is. */
  static @Nullable RetryConditions of(@Nullable RetryPolicy policy, RequestHead head) {
    HttpHeaders headers = head.headers;
    boolean asked =
        headers.contains(EnvoyHeaders.RETRY_ON) || headers.contains(EnvoyHeaders.RETRY_GRPC_ON);
    RetryConditions conditions = null;
    if (asked || (policy != null && !policy.conditions().isEmpty())) {
      conditions = asked || hasNumbers(headers) ? merged(policy, head) : ofPolicy(policy, head);
    }
    for (AsciiString name : CONSUMED) {
      if (headers.contains(name)) {
        headers.remove(name);
      }
    }
    return conditions;
  }

  private static boolean hasNumbers(HttpHeaders headers) {
    return headers.contains(EnvoyHeaders.MAX_RETRIES)
        || headers.contains(EnvoyHeaders.RETRIABLE_STATUS_CODES)
        || headers.contains(EnvoyHeaders.RETRIABLE_HEADER_NAMES);
  }

  private static @Nullable RetryConditions ofPolicy(
      @Nullable RetryPolicy policy, RequestHead head) {
    if (policy == null || !allows(policy, head)) {
      return null;
    }
    return new RetryConditions(
        policy.conditions(), policy.statuses(), policy.headers(), List.of(), policy.retries());
  }

  private static boolean allows(RetryPolicy policy, RequestHead head) {
    if (policy.requestHeaders().isEmpty()) {
      return true;
    }
    for (HeaderMatch match : policy.requestHeaders()) {
      if (match.matches(head)) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable RetryConditions merged(@Nullable RetryPolicy policy, RequestHead head) {
    HttpHeaders headers = head.headers;
    if (policy != null && !allows(policy, head)) {
      return null;
    }
    Set<Condition> on = EnumSet.noneOf(Condition.class);
    Set<Integer> statuses = new HashSet<>();
    if (policy != null) {
      on.addAll(policy.conditions());
      statuses.addAll(policy.statuses());
    }
    on.addAll(RetryPolicy.conditions(headers.get(EnvoyHeaders.RETRY_ON, "")));
    on.addAll(RetryPolicy.conditions(headers.get(EnvoyHeaders.RETRY_GRPC_ON, "")));
    long most = EnvoyHeaders.number(headers.get(EnvoyHeaders.MAX_RETRIES, ""));
    long configured = policy == null ? 1 : policy.retries();
    for (String code : words(headers.get(EnvoyHeaders.RETRIABLE_STATUS_CODES, ""))) {
      int status = (int) EnvoyHeaders.number(code);
      if (status >= 0) {
        statuses.add(status);
      }
    }
    return new RetryConditions(
        on,
        statuses,
        policy == null ? List.of() : policy.headers(),
        words(headers.get(EnvoyHeaders.RETRIABLE_HEADER_NAMES, "")),
        most < 0 ? configured : most);
  }

  private static List<String> words(String list) {
    List<String> words = new ArrayList<>();
    for (String word : list.split(",", -1)) {
      if (!word.isBlank()) {
        words.add(word.trim());
      }
    }
    return words;
  }

  /** Whether an answer is worth another try. */
  boolean onHead(int status, HttpHeaders answer) {
    if (answer.contains(EnvoyHeaders.RATE_LIMITED)) {
      return on.contains(Condition.ENVOY_RATE_LIMITED);
    }
    if (status >= 500 && status < 600 && on.contains(Condition.FIVE_XX)) {
      return true;
    }
    if (status >= 502 && status <= 504 && on.contains(Condition.GATEWAY_ERROR)) {
      return true;
    }
    if (status == 409 && on.contains(Condition.RETRIABLE_4XX)) {
      return true;
    }
    if (!statuses.isEmpty()
        && on.contains(Condition.RETRIABLE_STATUS_CODES)
        && statuses.contains(status)) {
      return true;
    }
    return onHeaders(status, answer) || onGrpcStatus(answer);
  }

  private boolean onHeaders(int status, HttpHeaders answer) {
    if ((headers.isEmpty() && headerNames.isEmpty()) || !on.contains(Condition.RETRIABLE_HEADERS)) {
      return false;
    }
    for (HeaderMatch match : headers) {
      if (match.matches(status, answer)) {
        return true;
      }
    }
    for (String name : headerNames) {
      if (answer.contains(name)) {
        return true;
      }
    }
    return false;
  }

  private boolean onGrpcStatus(HttpHeaders answer) {
    String status = answer.get(EnvoyHeaders.GRPC_STATUS);
    if (status == null) {
      return false;
    }
    return switch (status) {
      case "1" -> on.contains(Condition.CANCELLED);
      case "4" -> on.contains(Condition.DEADLINE_EXCEEDED);
      case "8" -> on.contains(Condition.RESOURCE_EXHAUSTED);
      case "13" -> on.contains(Condition.INTERNAL);
      case "14" -> on.contains(Condition.UNAVAILABLE);
      default -> false;
    };
  }

  /**
   * Whether the loss of a try is.
   *
   * @param started whether anything of the request has been sent
   */
  boolean onLoss(LostTry.Loss loss, boolean started) {
    if (loss == LostTry.Loss.OVERFLOW) {
      return false;
    }
    if (on.contains(Condition.RESET)
        || on.contains(Condition.FIVE_XX)
        || on.contains(Condition.GATEWAY_ERROR)
        || (!started && on.contains(Condition.RESET_BEFORE_REQUEST))) {
      return true;
    }
    return switch (loss) {
      case CONNECT_FAILURE -> on.contains(Condition.CONNECT_FAILURE);
      case REFUSED_STREAM -> on.contains(Condition.REFUSED_STREAM);
      default -> false;
    };
  }
}
