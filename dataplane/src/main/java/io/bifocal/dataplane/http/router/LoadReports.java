package io.bifocal.dataplane.http.router;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.dataplane.balance.Policy;
import io.bifocal.dataplane.host.Host;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an answer says of its host's load, in a header or a trailer: {@code endpoint-load-metrics},
 * which begins with its format, or {@code endpoint-load-metrics-bin}. What cannot be read is no
 * report, as with Envoy.
 */
final class LoadReports {
  private static final AsciiString METRICS = AsciiString.cached("endpoint-load-metrics");
  private static final AsciiString BINARY = AsciiString.cached("endpoint-load-metrics-bin");
  private static final String NAMED = "named_metrics.";
  private static final JsonFormat.Parser JSON = JsonFormat.parser();
  // The colon is the older form.
  private static final CharMatcher NAME_ENDS = CharMatcher.anyOf("=:");
  private static final Splitter ENTRIES = Splitter.on(',').trimResults().omitEmptyStrings();

  private LoadReports() {}

  /** Hands on what they say; false when they say nothing. */
  static boolean hear(Policy.ByReports to, HttpHeaders headers, Host host, long nanoTime) {
    OrcaLoadReport report = of(headers);
    if (report != null) {
      to.take(report, host.state(), nanoTime);
    }
    return report != null;
  }

  static @Nullable OrcaLoadReport of(HttpHeaders headers) {
    try {
      String binary = headers.get(BINARY);
      if (binary != null) {
        return binary(binary);
      }
      String text = headers.get(METRICS);
      if (text == null) {
        return null;
      }
      if (text.startsWith("BIN ")) {
        return binary(text.substring(4));
      } else if (text.startsWith("TEXT ")) {
        return text(text.substring(5));
      } else if (text.startsWith("JSON ")) {
        OrcaLoadReport.Builder report = OrcaLoadReport.newBuilder();
        JSON.merge(text.substring(5), report);
        return report.build();
      }
      return null;
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable OrcaLoadReport binary(String text)
      throws InvalidProtocolBufferException {
    return text.isEmpty() ? null : OrcaLoadReport.parseFrom(Base64.getDecoder().decode(text));
  }

  private static @Nullable OrcaLoadReport text(String text) {
    OrcaLoadReport.Builder report = OrcaLoadReport.newBuilder();
    Set<String> seen = new HashSet<>();
    for (String entry : ENTRIES.split(text)) {
      int end = NAME_ENDS.indexIn(entry);
      if (end <= 0) {
        return null;
      }
      String name = entry.substring(0, end);
      double value = Double.parseDouble(entry.substring(end + 1));
      if (!seen.add(name) || !Double.isFinite(value) || !set(report, name, value)) {
        return null;
      }
    }
    return report.build();
  }

  private static boolean set(OrcaLoadReport.Builder report, String name, double value) {
    switch (name) {
      case "cpu_utilization" -> report.setCpuUtilization(value);
      case "mem_utilization" -> report.setMemUtilization(value);
      case "application_utilization" -> report.setApplicationUtilization(value);
      case "eps" -> report.setEps(value);
      case "rps_fractional" -> report.setRpsFractional(value);
      default -> {
        if (!name.startsWith(NAMED) || name.length() == NAMED.length()) {
          return false;
        }
        report.putNamedMetrics(name.substring(NAMED.length()), value);
      }
    }
    return true;
  }
}
