package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadReportsTest {
  private static final OrcaLoadReport REPORT =
      OrcaLoadReport.newBuilder()
          .setRpsFractional(100)
          .setEps(2)
          .setCpuUtilization(0.25)
          .setMemUtilization(0.5)
          .setApplicationUtilization(0.75)
          .putNamedMetrics("a.b", -1)
          .build();

  private static @Nullable OrcaLoadReport read(String name, String value) {
    return LoadReports.of(new DefaultHttpHeaders().add(name, value));
  }

  private static @Nullable OrcaLoadReport read(String value) {
    return read("endpoint-load-metrics", value);
  }

  @Test
  void everyFormatIsRead() {
    assertThat(
            read(
                "TEXT rps_fractional=100, eps=2,cpu_utilization=0.25,mem_utilization:0.5,"
                    + "application_utilization=0.75,named_metrics.a.b=-1"))
        .isEqualTo(REPORT);
    assertThat(
            read(
                "JSON {\"rps_fractional\": 100, \"eps\": 2, \"cpuUtilization\": 0.25, \"mem_utilization\": 0.5,"
                    + " \"application_utilization\": 0.75, \"named_metrics\": {\"a.b\": -1}}"))
        .isEqualTo(REPORT);
    String binary = Base64.getEncoder().encodeToString(REPORT.toByteArray());
    assertThat(read("BIN " + binary)).isEqualTo(REPORT);
    assertThat(read("endpoint-load-metrics-bin", binary)).isEqualTo(REPORT);
    assertThat(LoadReports.of(new DefaultHttpHeaders())).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "eps=1",
        "XML <a/>",
        "TEXT eps=1,eps=2",
        "TEXT eps=NaN",
        "TEXT eps=Infinity",
        "TEXT eps",
        "TEXT =1",
        "TEXT colour=1",
        "TEXT named_metrics.=1",
        "JSON {",
        "JSON {\"newer\": 1}",
        "BIN ",
        "BIN ?",
        "BIN /////w=="
      })
  void whatCannotBeReadIsNoReport(String value) {
    assertThat(read(value)).isNull();
  }
}
