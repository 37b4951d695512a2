package io.bifocal.dataplane.transport.proxyprotocol;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.PerHostConfig;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig.Version;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolPassThroughTLVs;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolPassThroughTLVs.PassTLVsMatchType;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transport sockets that begin with a PROXY header and go on as others do.
 *
 * <p>Source: {@code
 * envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport}.
 */
public final class UpstreamProxyProtocol implements TransportSocketFactory {
  private static final Logger log = LoggerFactory.getLogger(UpstreamProxyProtocol.class);
  private static final String PER_HOST = "envoy.transport_sockets.proxy_protocol";

  private static final SupportedFields FIELDS =
      SupportedFields.of(ProxyProtocolUpstreamTransport.getDescriptor())
          .supports("config", "transport_socket", "tlv_as_pool_key")
          .ignores("every client has an address", "allow_unspecified_address");
  private static final SupportedFields CONFIG =
      SupportedFields.of(ProxyProtocolConfig.getDescriptor())
          .supports("version", "pass_through_tlvs", "added_tlvs");

  private final TransportSocketFactory inner;
  private final ProxyProtocolConfig config;
  private final List<Tlv> added;

  /** Reads the transport sockets that a header comes before. */
  @FunctionalInterface
  public interface Inner {
    TransportSocketFactory read(io.envoyproxy.envoy.config.core.v3.TransportSocket config)
        throws ConfigException;
  }

  private UpstreamProxyProtocol(TransportSocketFactory inner, ProxyProtocolConfig config) {
    this.inner = inner;
    this.config = config;
    this.added = Tlv.of(config.getAddedTlvsList());
  }

  /** Reads and checks. */
  public static TransportSocketFactory read(
      Any any, String path, List<String> warnings, Inner inner) throws ConfigException {
    var proto = Unpack.as(ProxyProtocolUpstreamTransport.getDefaultInstance(), any);
    warnings.addAll(FIELDS.check(proto, path));
    warnings.addAll(CONFIG.check(proto.getConfig(), path + ".config"));
    return new UpstreamProxyProtocol(inner.read(proto.getTransportSocket()), proto.getConfig());
  }

  @Override
  public boolean negotiates() {
    return inner.negotiates();
  }

  @Override
  public void start(Scope cluster, InitManager init) {
    inner.start(cluster, init);
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public PerWorker on(Scope cluster, int shard) {
    return new OnWorker(
        inner.on(cluster, shard),
        cluster.counter("upstream.proxyprotocol.v2_tlvs_exceed_max_length").at(shard),
        cluster.counter("upstream_cx_tx_bytes_total").at(shard));
  }

  private final class OnWorker implements PerWorker {
    private final PerWorker then;
    private final Cell tooLong;
    private final Cell sentBytes;

    OnWorker(PerWorker then, Cell tooLong, Cell sentBytes) {
      this.then = then;
      this.tooLong = tooLong;
      this.sentBytes = sentBytes;
    }

    @Override
    public boolean tellsOfClients() {
      return true;
    }

    /** For the proxy's own connections. */
    @Override
    public TransportSocket socket(ApplicationProtocol protocol, String hostname) {
      return ofProxy(then.socket(protocol, hostname));
    }

    @Override
    public TransportSocket socket(
        ApplicationProtocol protocol,
        String hostname,
        TransportSocketOptions options,
        Metadata host) {
      TransportSocket next = then.socket(protocol, hostname, options, host);
      ProxyProtocolData client = options.client();
      if (client == null) {
        return ofProxy(next);
      }
      return channel -> {
        send(channel, header(client, host));
        return next.start(channel);
      };
    }

    private TransportSocket ofProxy(TransportSocket next) {
      return channel -> {
        send(
            channel,
            config.getVersion() == Version.V1
                ? HeaderWriter.one(
                    Address.of(channel.localAddress()), Address.of(channel.remoteAddress()))
                : HeaderWriter.local());
        return next.start(channel);
      };
    }

    // Its bytes count although nobody has the connection yet, as with Envoy.
    private void send(Channel channel, ByteBuf header) {
      sentBytes.add(header.readableBytes());
      var unused = channel.writeAndFlush(header);
    }

    private ByteBuf header(ProxyProtocolData client, Metadata host) {
      if (config.getVersion() == Version.V1) {
        return HeaderWriter.one(client.source(), client.destination());
      }
      List<Tlv> tlvs = tlvs(client, host);
      int fitting = HeaderWriter.fit(client.source(), tlvs);
      if (fitting < tlvs.size()) {
        tooLong.inc();
        log.warn("{} TLVs are too long for a PROXY header", tlvs.size() - fitting);
      }
      return HeaderWriter.two(client.source(), client.destination(), tlvs);
    }
  }

  /** Of one type the host's counts, else the configured one, else the client's. */
  private List<Tlv> tlvs(ProxyProtocolData client, Metadata host) {
    List<Tlv> all = new ArrayList<>(ofHost(host));
    add(added, all);
    List<Tlv> passing = client.tlvs().stream().filter(tlv -> passes(tlv.type())).toList();
    add(passing, all);
    return all;
  }

  private static void add(List<Tlv> more, List<Tlv> to) {
    List<Tlv> before = List.copyOf(to);
    for (Tlv tlv : more) {
      if (before.stream().noneMatch(other -> other.type() == tlv.type())) {
        to.add(tlv);
      }
    }
  }

  private boolean passes(int type) {
    ProxyProtocolPassThroughTLVs passing = config.getPassThroughTlvs();
    return config.hasPassThroughTlvs()
        && (passing.getMatchType() == PassTLVsMatchType.INCLUDE_ALL
            || passing.getTlvTypeList().contains(type));
  }

  private static List<Tlv> ofHost(Metadata host) {
    Any own = host.getTypedFilterMetadataMap().get(PER_HOST);
    if (own == null || !MessageTypes.is(own, PerHostConfig.getDescriptor())) {
      return List.of();
    }
    try {
      return Tlv.of(own.unpack(PerHostConfig.class).getAddedTlvsList());
    } catch (InvalidProtocolBufferException e) {
      return List.of(); // as by Envoy
    }
  }
}
