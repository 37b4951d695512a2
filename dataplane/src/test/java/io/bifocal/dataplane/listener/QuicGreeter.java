package io.bifocal.dataplane.listener;

import io.bifocal.api.BootstrapReader;
import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.netty.pkitesting.X509Bundle;

/** A listener of QUIC, whose statistics are called {@code quic}. */
final class QuicGreeter {
  private QuicGreeter() {}

  /**
   * Has a proxy listen, by word of its control plane.
   *
   * @param options its {@code quic_options}
   * @return the port
   */
  static int listen(ListenerFixture proxy, String options) throws Exception {
    X509Bundle own = Authority.named("ca").issue(Authority.leaf("good.test"));
    Listener listener =
        new BootstrapReader(false)
            .readYaml(
                """
                name: quic
                stat_prefix: quic
                address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: 0}}
                udp_listener_config: {quic_options: {%s}}
                filter_chains:
                - transport_socket:
                    name: quic
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
                      downstream_tls_context: {common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: "%s"}, private_key: {inline_string: "%s"}}]}}
                  filters: [{name: greeter, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager}}]
                """
                    .formatted(
                        options,
                        own.getCertificatePathPEM().replace("\n", "\\n"),
                        own.getPrivateKeyPEM().replace("\n", "\\n")),
                "test",
                Listener.getDefaultInstance());
    proxy.xds.respond(ResourceType.LISTENER, "1", listener);
    proxy.until(() -> !proxy.manager.addresses("quic").isEmpty());
    return proxy.port("quic");
  }
}
