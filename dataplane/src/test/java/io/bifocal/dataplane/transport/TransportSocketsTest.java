package io.bifocal.dataplane.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.bifocal.dataplane.transport.proxyprotocol.UpstreamProxyProtocol;
import io.bifocal.dataplane.transport.tls.KeyLog;
import io.bifocal.dataplane.transport.tls.TlsContexts;
import io.bifocal.dataplane.transport.tls.UpstreamTls;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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

  @Test
  void onlyQuicIsRehearsed() throws Exception {
    AtomicInteger rehearsals = new AtomicInteger();
    TransportSockets rehearsing =
        new TransportSockets(
            Secrets.NONE, new TlsContexts(), KeyLog.Files.NONE, rehearsals::incrementAndGet);
    List<String> warnings = new ArrayList<>();
    rehearsing.upstream(socket("tls", UpstreamTlsContext.getDefaultInstance()), "c", warnings);
    assertThat(rehearsals).as("of configurations with TLS").hasValue(0);
    QuicUpstreamTransport quic =
        QuicUpstreamTransport.newBuilder()
            .setUpstreamTlsContext(UpstreamTlsContext.getDefaultInstance())
            .build();
    rehearsing.upstream(socket("quic", quic), "c", warnings);
    assertThat(rehearsals).as("with QUIC to hosts").hasValue(1);
    assertThatThrownBy( // for want of a certificate
            () ->
                rehearsing.downstream(
                    socket("quic", QuicDownstreamTransport.getDefaultInstance()),
                    "l",
                    protocol -> true,
                    warnings))
        .isInstanceOf(ConfigException.class);
    assertThat(rehearsals).as("with QUIC from clients").hasValue(2);
  }

  @Test
  void aProxyHeaderComesBeforeAnyOther() throws Exception {
    assertThat(upstream(socket("pp", before("tls", UpstreamTlsContext.getDefaultInstance()))))
        .isInstanceOf(UpstreamProxyProtocol.class);
    assertThatThrownBy(
            () -> upstream(socket("pp", before("x", DownstreamTlsContext.getDefaultInstance()))))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Didn't find a registered implementation for 'x'");
  }

  @Test
  void itIsWrittenFirst() throws Exception {
    TransportSocketFactory raw =
        upstream(socket("pp", before("raw", RawBuffer.getDefaultInstance())));
    TransportSocketFactory.PerWorker sockets = raw.on(new StatsStore(1).root(), 1);
    assertThat(sockets.tellsOfClients()).isTrue();
    TransportSocketOptions client =
        new TransportSocketOptions(
            new ProxyProtocolData(ip("1.2.3.4", 11), ip("5.6.7.8", 22), List.of()), "", null);
    EmbeddedChannel channel = new EmbeddedChannel();
    var ready =
        sockets
            .socket(ApplicationProtocol.OPAQUE, "", client, Metadata.getDefaultInstance())
            .start(channel);
    assertThat(ready.isSuccess()).isTrue();
    ByteBuf header = channel.readOutbound();
    assertThat(header.toString(StandardCharsets.ISO_8859_1))
        .isEqualTo("PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n");
    header.release();
  }

  @Test
  void whatIsWantedOfTlsReachesItWhoeverTheClientIs() throws Exception {
    List<TransportSocketOptions> told = new ArrayList<>();
    TransportSocketFactory.PerWorker inner =
        new TransportSocketFactory.PerWorker() {
          @Override
          public TransportSocket socket(ApplicationProtocol protocol, String hostname) {
            return TransportSocket.PLAIN;
          }

          @Override
          public TransportSocket socket(
              ApplicationProtocol protocol,
              String hostname,
              TransportSocketOptions options,
              Metadata host) {
            told.add(options);
            return TransportSocket.PLAIN;
          }
        };
    TransportSocketFactory.PerWorker sockets =
        UpstreamProxyProtocol.read(
                Any.pack(before("inner", RawBuffer.getDefaultInstance())),
                "",
                new ArrayList<>(),
                config -> (cluster, shard) -> inner)
            .on(new StatsStore(1).root(), 1);
    TransportSocketOptions nobody = new TransportSocketOptions(null, "a.test", "a.test");
    TransportSocketOptions somebody =
        nobody.of(new ProxyProtocolData(ip("1.2.3.4", 11), ip("5.6.7.8", 22), List.of()));
    for (TransportSocketOptions wanted : List.of(nobody, somebody)) {
      var unused =
          sockets.socket(ApplicationProtocol.OPAQUE, "", wanted, Metadata.getDefaultInstance());
    }
    assertThat(told).containsExactly(nobody, somebody);
  }

  private static Address ip(String ip, int port) {
    return new Address.Ip(InetAddresses.forString(ip), port);
  }

  private static Message before(String name, Message inner) {
    return ProxyProtocolUpstreamTransport.newBuilder()
        .setTransportSocket(socket(name, inner))
        .build();
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
