package io.bifocal.dataplane.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class PingsTest {
  @Test
  void theClusterSaysHowItsConnectionsAreTested() throws Exception {
    Function<String, Pings> pings =
        Pings.of(
            new BootstrapReader(false)
                .readYaml(
                    """
                    static_resources:
                      clusters:
                      - name: typed
                        typed_extension_protocol_options:
                          envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                            "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                            explicit_http_config:
                              http2_protocol_options: {connection_keepalive: {interval: 30s, timeout: 5s}}
                      - name: older
                        http2_protocol_options: {connection_keepalive: {interval: 20s, timeout: 2s}}
                      - name: silent
                      - {name: idle, http2_protocol_options: {connection_keepalive: {timeout: 1s}}}
                    """,
                    "test"));
    assertThat(pings.apply("typed"))
        .isEqualTo(new Pings(Duration.ofSeconds(30), Duration.ofSeconds(5)));
    assertThat(pings.apply("older"))
        .isEqualTo(new Pings(Duration.ofSeconds(20), Duration.ofSeconds(2)));
    assertThat(pings.apply("silent")).isEqualTo(Pings.NONE);
    assertThat(pings.apply("idle")).isEqualTo(Pings.NONE);
    assertThat(pings.apply("unknown")).isEqualTo(Pings.NONE);
  }
}
