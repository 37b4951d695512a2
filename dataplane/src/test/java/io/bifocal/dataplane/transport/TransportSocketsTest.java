package io.bifocal.dataplane.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.transport.tls.UpstreamTls;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class TransportSocketsTest {
  private final TransportSockets sockets = new TransportSockets();

  @Test
  void noTransportSocketIsAPlainOne() throws Exception {
    assertThat(upstream(io.envoyproxy.envoy.config.core.v3.TransportSocket.getDefaultInstance()))
        .isSameAs(TransportSocketFactory.PLAIN);
  }

  @Test
  void rawBufferIsAPlainOneUnderAnyName() throws Exception {
    assertThat(upstream(socket("whatever", RawBuffer.getDefaultInstance())))
        .isSameAs(TransportSocketFactory.PLAIN);
  }

  @Test
  void tlsIsServedUnderAnyName() throws Exception {
    assertThat(upstream(socket("whatever", UpstreamTlsContext.getDefaultInstance())))
        .isInstanceOf(UpstreamTls.class);
  }

  @Test
  void anyOtherIsRefusedInEnvoysWords() {
    assertThatThrownBy(() -> upstream(socket("tls", DownstreamTlsContext.getDefaultInstance())))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Didn't find a registered implementation for 'tls' with type URL:"
                + " 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'");
  }

  @Test
  void aNameWithoutATypeIsRefused() {
    assertThatThrownBy(
            () ->
                upstream(
                    io.envoyproxy.envoy.config.core.v3.TransportSocket.newBuilder()
                        .setName("envoy.transport_sockets.tls")
                        .build()))
        .hasMessage(
            "Didn't find a registered implementation for 'envoy.transport_sockets.tls'"
                + " with type URL: ''");
  }

  private TransportSocketFactory upstream(io.envoyproxy.envoy.config.core.v3.TransportSocket config)
      throws ConfigException {
    return sockets.upstream(config, "cluster 'c'.transport_socket", new ArrayList<>());
  }

  private static io.envoyproxy.envoy.config.core.v3.TransportSocket socket(
      String name, Message config) {
    return io.envoyproxy.envoy.config.core.v3.TransportSocket.newBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(config))
        .build();
  }
}
