package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.expression.Expression;
import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ExtensionFilter;
import io.envoyproxy.envoy.config.accesslog.v3.LogTypeFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ResponseFlagFilter;
import io.envoyproxy.envoy.config.accesslog.v3.RuntimeFilter;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogType;
import io.envoyproxy.envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Whether a stream is to be logged, or its answer to be changed.
 *
 * <p>Source: {@code envoy.config.accesslog.v3.AccessLogFilter}.
 */
@FunctionalInterface
public interface LogFilter {
  boolean passes(StreamInfo stream);

  /**
   * Reads one.
   *
   * @param runtime where its keys are looked up each time
   */
  static LogFilter of(AccessLogFilter config, RuntimeReader runtime) throws ConfigException {
    return switch (config.getFilterSpecifierCase()) {
      case STATUS_CODE_FILTER -> {
        Comparison comparison =
            Comparison.of(config.getStatusCodeFilter().getComparison(), runtime);
        yield stream -> comparison.holds(stream.responseCode);
      }
      case DURATION_FILTER -> {
        Comparison comparison = Comparison.of(config.getDurationFilter().getComparison(), runtime);
        yield stream ->
            stream.endNanos >= 0
                && comparison.holds((stream.endNanos - stream.startNanos) / 1_000_000);
      }
      case NOT_HEALTH_CHECK_FILTER -> stream -> !stream.healthCheck;
      // No request is traced.
      case TRACEABLE_FILTER -> stream -> false;
      case METADATA_FILTER -> MetadataCondition.of(config.getMetadataFilter());
      case AND_FILTER -> {
        LogFilter[] all = all(config.getAndFilter().getFiltersList(), runtime);
        yield stream -> {
          for (LogFilter filter : all) {
            if (!filter.passes(stream)) {
              return false;
            }
          }
          return true;
        };
      }
      case OR_FILTER -> {
        LogFilter[] any = all(config.getOrFilter().getFiltersList(), runtime);
        yield stream -> {
          for (LogFilter filter : any) {
            if (filter.passes(stream)) {
              return true;
            }
          }
          return false;
        };
      }
      case HEADER_FILTER -> HeaderCondition.of(config.getHeaderFilter().getHeader());
      case RESPONSE_FLAG_FILTER -> flags(config.getResponseFlagFilter());
      case LOG_TYPE_FILTER -> type(config.getLogTypeFilter());
      case RUNTIME_FILTER -> sample(config.getRuntimeFilter(), runtime);
      case GRPC_STATUS_FILTER -> GrpcStatusCondition.of(config.getGrpcStatusFilter());
      case EXTENSION_FILTER -> extension(config.getExtensionFilter());
      case FILTERSPECIFIER_NOT_SET ->
          throw new ConfigException("access log filter: filter_specifier is required");
    };
  }

  /** One in CEL: there is no other. */
  private static LogFilter extension(ExtensionFilter config) throws ConfigException {
    ExpressionFilter filter =
        Extensions.only(
            ExpressionFilter.getDefaultInstance(), config.getName(), config.getTypedConfig());
    return Expression.parse(filter.getExpression(), "filter expression")::holds;
  }

  private static LogFilter[] all(List<AccessLogFilter> configs, RuntimeReader runtime)
      throws ConfigException {
    List<LogFilter> filters = new ArrayList<>();
    for (AccessLogFilter config : configs) {
      filters.add(of(config, runtime));
    }
    return filters.toArray(LogFilter[]::new);
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
    return stream -> {
      for (ResponseFlag flag : stream.flags()) {
        if (wanted.contains(flag)) {
          return true;
        }
      }
      return false;
    };
  }

  private static LogFilter type(LogTypeFilter config) {
    Set<String> wanted = new HashSet<>();
    for (AccessLogType type : config.getTypesList()) {
      wanted.add(type.name());
    }
    return stream -> wanted.contains(stream.logType.text()) != config.getExclude();
  }

  /**
   * A share of all streams. The same request is logged by every proxy that it passes, or by none:
   * its id decides, if it has one that can.
   */
  private static LogFilter sample(RuntimeFilter config, RuntimeReader runtime) {
    Fraction otherwise = Fraction.of(config.getPercentSampled());
    String key = config.getRuntimeKey();
    boolean independent = config.getUseIndependentRandomness();
    return stream -> {
      long chance = independent ? -1 : RequestIdChance.of(stream.requestHeaders);
      if (chance < 0) {
        chance = ThreadLocalRandom.current().nextLong() >>> 1;
      }
      return runtime.snapshot().fraction(key, otherwise).includes(chance);
    };
  }

  /** A number against a threshold that the runtime may change. */
  record Comparison(ComparisonFilter.Op op, long threshold, String key, RuntimeReader runtime) {
    static Comparison of(ComparisonFilter config, RuntimeReader runtime) {
      return new Comparison(
          config.getOp(),
          Integer.toUnsignedLong(config.getValue().getDefaultValue()),
          config.getValue().getRuntimeKey(),
          runtime);
    }

    boolean holds(long number) {
      long bound = key.isEmpty() ? threshold : runtime.snapshot().number(key, threshold);
      return switch (op) {
        case GE -> number >= bound;
        case LE -> number <= bound;
        default -> number == bound;
      };
    }
  }
}
