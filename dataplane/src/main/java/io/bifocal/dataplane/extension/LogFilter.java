package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.LogTypeFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ResponseFlagFilter;
import io.envoyproxy.envoy.config.accesslog.v3.RuntimeFilter;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Whether a stream is to be logged. Runtime keys are not looked up: their defaults hold.
 *
 * <p>Source: {@code envoy.config.accesslog.v3.AccessLogFilter}.
 */
@FunctionalInterface
interface LogFilter {
  boolean passes(StreamInfo stream);

  static LogFilter of(AccessLogFilter config) throws ConfigException {
    return switch (config.getFilterSpecifierCase()) {
      case STATUS_CODE_FILTER -> {
        Comparison comparison = Comparison.of(config.getStatusCodeFilter().getComparison());
        yield stream -> comparison.holds(stream.responseCode);
      }
      case DURATION_FILTER -> {
        Comparison comparison = Comparison.of(config.getDurationFilter().getComparison());
        yield stream -> comparison.holds((stream.endNanos - stream.startNanos) / 1_000_000);
      }
      // There is no health-check filter, so no request that it would have answered.
      case NOT_HEALTH_CHECK_FILTER -> stream -> true;
      // Nor dynamic metadata.
      case METADATA_FILTER -> {
        boolean passes =
            !config.getMetadataFilter().hasMatchIfKeyNotFound()
                || config.getMetadataFilter().getMatchIfKeyNotFound().getValue();
        yield stream -> passes;
      }
      case AND_FILTER -> {
        List<LogFilter> all = all(config.getAndFilter().getFiltersList());
        yield stream -> all.stream().allMatch(f -> f.passes(stream));
      }
      case OR_FILTER -> {
        List<LogFilter> any = all(config.getOrFilter().getFiltersList());
        yield stream -> any.stream().anyMatch(f -> f.passes(stream));
      }
      case HEADER_FILTER -> HeaderCondition.of(config.getHeaderFilter().getHeader());
      case RESPONSE_FLAG_FILTER -> flags(config.getResponseFlagFilter());
      case LOG_TYPE_FILTER -> type(config.getLogTypeFilter());
      case RUNTIME_FILTER -> sample(config.getRuntimeFilter());
      case EXTENSION_FILTER ->
          throw new ConfigException(
              "Didn't find a registered implementation for '%s' with type URL: '%s'"
                  .formatted(
                      config.getExtensionFilter().getName(),
                      config
                          .getExtensionFilter()
                          .getTypedConfig()
                          .getTypeUrl()
                          .replaceFirst("^type.googleapis.com/", "")));
      case TRACEABLE_FILTER, GRPC_STATUS_FILTER ->
          throw new ConfigException(
              "access log filter %s is not supported".formatted(config.getFilterSpecifierCase()));
      case FILTERSPECIFIER_NOT_SET ->
          throw new ConfigException("access log filter: filter_specifier is required");
    };
  }

  private static List<LogFilter> all(List<AccessLogFilter> configs) throws ConfigException {
    List<LogFilter> filters = new ArrayList<>();
    for (AccessLogFilter config : configs) {
      filters.add(of(config));
    }
    return filters;
  }

  /** One of the flags, or any flag when none is named. */
  private static LogFilter flags(ResponseFlagFilter config) {
    Set<ResponseFlag> wanted = EnumSet.noneOf(ResponseFlag.class);
    for (ResponseFlag flag : ResponseFlag.values()) {
      if (config.getFlagsList().contains(flag.code())) {
        wanted.add(flag);
      }
    }
    if (config.getFlagsCount() == 0) {
      return stream -> !stream.flags().isEmpty();
    }
    return stream -> wanted.stream().anyMatch(stream::has);
  }

  private static LogFilter type(LogTypeFilter config) {
    boolean http = config.getTypesList().contains(AccessLogType.DownstreamEnd);
    boolean tcp = config.getTypesList().contains(AccessLogType.TcpConnectionEnd);
    return stream -> (stream.requestHeaders == null ? tcp : http) != config.getExclude();
  }

  private static LogFilter sample(RuntimeFilter config) {
    int of =
        switch (config.getPercentSampled().getDenominator()) {
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          default -> 100;
        };
    long share = config.getPercentSampled().getNumerator();
    return stream -> ThreadLocalRandom.current().nextInt(of) < share;
  }

  /** A number against a threshold. */
  record Comparison(ComparisonFilter.Op op, long threshold) {
    static Comparison of(ComparisonFilter config) {
      return new Comparison(
          config.getOp(), Integer.toUnsignedLong(config.getValue().getDefaultValue()));
    }

    boolean holds(long number) {
      return switch (op) {
        case GE -> number >= threshold;
        case LE -> number <= threshold;
        default -> number == threshold;
      };
    }
  }
}
