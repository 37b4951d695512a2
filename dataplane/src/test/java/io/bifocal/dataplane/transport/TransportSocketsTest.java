package io.bifocal.dataplane.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import org.junit.jupiter.api.Test;

class TransportSocketsTest {
  private final TransportSockets sockets = new TransportSockets();

  @Test
  void noTransportSocketIsAPlainOne() throws Exception {
    assertThat(
            sockets.upstream(
                io.envoyproxy.envoy.config.core.v3.TransportSocket.getDefaultInstance()))
        .isSameAs(TransportSocket.PLAIN);
  }

  @Test
  void rawBufferIsAPlainOneUnderAnyName() throws Exception {
    assertThat(sockets.upstream(socket("whatever", RawBuffer.getDefaultInstance())))
        .isSameAs(TransportSocket.PLAIN);
  }

  @Test
  void anyOtherIsRefusedInEnvoysWords() {
    assertThatThrownBy(
            () -> sockets.upstream(socket("tls", UpstreamTlsContext.getDefaultInstance())))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Didn't find a registered implementation for 'tls' with type URL:"
                + " 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'");
  }

  @Test
  void aNameWithoutATypeIsRefused() {
    assertThatThrownBy(
            () ->
                sockets.upstream(
                    io.envoyproxy.envoy.config.core.v3.TransportSocket.newBuilder()
                        .setName("envoy.transport_sockets.tls")
                        .build()))
        .hasMessage(
            "Didn't find a registered implementation for 'envoy.transport_sockets.tls'"
                + " with type URL: ''");
  }

  private static io.envoyproxy.envoy.config.core.v3.TransportSocket socket(
      String name, Message config) {
    return io.envoyproxy.envoy.config.core.v3.TransportSocket.newBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(config))
        .build();
  }
}
