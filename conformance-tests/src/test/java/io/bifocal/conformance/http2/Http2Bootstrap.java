package io.bifocal.conformance.http2;

import io.bifocal.conformance.Bootstraps;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** A listener named ingress, and a cluster named raced that speaks HTTP/2 to one address. */
final class Http2Bootstrap {
  static final String EXPLICIT = "explicit_http_config: {http2_protocol_options: {}}";

  private static final String LOG =
      "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED%"
          + " %TRAILER(T)% %UPSTREAM_CLUSTER%";

  private Http2Bootstrap() {}

  static String of(InetSocketAddress upstream, Path log) {
    return of(upstream, log, EXPLICIT, "");
  }

  /**
   * The same in general.
   *
   * @param protocol the content of {@code HttpProtocolOptions}
   * @param more fields of the cluster, as one line of YAML, or empty
   */
  static String of(InetSocketAddress upstream, Path log, String protocol, String more) {
    return Bootstraps.ingress(
            Bootstraps.accessLog(log, LOG)
                + """
                route_config:
                  name: routes
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - {match: {prefix: /timeout}, route: {cluster: raced, timeout: 0.3s}}
                    - {match: {prefix: /}, route: {cluster: raced}}
                """)
        + """
          - name: raced
            type: STATIC
            connect_timeout: 5s
            load_assignment:
              cluster_name: raced
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: "%s", port_value: %d}}}}]}]
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                %s
        %s
        """
            .formatted(
                upstream.getAddress().getHostAddress(),
                upstream.getPort(),
                protocol,
                more.isEmpty() ? "" : "    " + more);
  }
}
