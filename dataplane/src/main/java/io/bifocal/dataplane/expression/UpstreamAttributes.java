package io.bifocal.dataplane.expression;

import com.google.common.primitives.UnsignedLong;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.Map;

/** {@code upstream.…}. */
final class UpstreamAttributes {
  private UpstreamAttributes() {}

  static Attributes.Table table() {
    Attributes.Table table =
        new Attributes.Table()
            .put("address", s -> s.upstreamHost == null ? null : s.upstreamHost.primary().text())
            .put(
                "port",
                s ->
                    s.upstreamHost != null && s.upstreamHost.primary() instanceof Address.Ip ip
                        ? (long) ip.port()
                        : null)
            .put("local_address", s -> s.upstreamLocal == null ? null : s.upstreamLocal.text())
            .put(
                "locality",
                s ->
                    s.upstreamHost == null
                        ? null
                        : Map.of(
                            "region", s.upstreamHost.locality().region(),
                            "zone", s.upstreamHost.locality().zone(),
                            "sub_zone", s.upstreamHost.locality().subZone()))
            .put("transport_failure_reason", s -> s.upstreamTransportFailureReason)
            .put(
                "cx_pool_ready_duration",
                s -> s.upstreamReadyNanos < 0 ? null : Duration.ofNanos(s.upstreamReadyNanos))
            .put("request_attempt_count", s -> UnsignedLong.valueOf(s.requestAttempts));
    return ConnectionAttributes.tls(table, s -> s.upstreamTls);
  }
}
