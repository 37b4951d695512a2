package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.proxyprotocol.Tlv;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig.Version;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolPassThroughTLVs;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolPassThroughTLVs.PassTLVsMatchType;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from a proxy in front whom a connection comes from.
 *
 * <p>Source: {@code envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}; counts
 * under {@code proxy_proto.}
 */
final class ProxyProtocolFilter implements ListenerFilter {
  private static final Logger log = LoggerFactory.getLogger(ProxyProtocolFilter.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(ProxyProtocol.getDescriptor())
          .supports(
              "allow_requests_without_proxy_protocol",
              "disallowed_versions",
              "stat_prefix",
              "rules",
              "pass_through_tlvs");
  private static final String NAMESPACE = "envoy.filters.listener.proxy_protocol";

  private final ProxyProtocol config;
  private final Stats stats;

  private ProxyProtocolFilter(ProxyProtocol config, Stats stats) {
    this.config = config;
    this.stats = stats;
  }

  /** One worker's cells. */
  private static final class Stats {
    private final Cell error;
    private final Cell notFoundAllowed;
    private final Cell notFoundDisallowed;
    private final OfVersion one;
    private final OfVersion two;

    private record OfVersion(Cell found, Cell disallowed, Cell error) {
      static OfVersion of(Scope scope, int shard) {
        return new OfVersion(
            scope.counter("found").at(shard),
            scope.counter("disallowed").at(shard),
            scope.counter("error").at(shard));
      }
    }

    Stats(Scope root, String prefix, int shard) {
      Scope own = root.scope("proxy_proto");
      Scope scope = prefix.isEmpty() ? own : own.scope(prefix);
      error = root.counter("downstream_cx_proxy_proto_error").at(shard);
      notFoundAllowed = scope.counter("not_found_allowed").at(shard);
      notFoundDisallowed = scope.counter("not_found_disallowed").at(shard);
      one = OfVersion.of(scope.scope("versions.v1"), shard);
      two = OfVersion.of(scope.scope("versions.v2"), shard);
    }

    OfVersion of(int version) {
      return version == 1 ? one : two;
    }
  }

  static ListenerFilterFactory factory(Any any, String path) throws ConfigException {
    ProxyProtocol config = Unpack.as(ProxyProtocol.getDefaultInstance(), any);
    FIELDS.check(config, path).forEach(log::warn);
    if (config.getDisallowedVersionsList().containsAll(List.of(Version.V1, Version.V2))
        && !config.getAllowRequestsWithoutProxyProtocol()) {
      throw new ConfigException(path + ": disallowed_versions: no version is left");
    }
    return (root, shard) -> {
      ProxyProtocolFilter filter =
          new ProxyProtocolFilter(config, new Stats(root, config.getStatPrefix(), shard));
      return () -> filter; // it remembers nothing of a connection
    };
  }

  @Override
  public Verdict onAccept(AcceptedConnection connection) {
    return Verdict.MORE;
  }

  @Override
  public Verdict onData(ByteBuf bytes, AcceptedConnection connection) {
    ProxyHeader.Reading reading = ProxyHeader.peek(bytes);
    if (reading instanceof ProxyHeader.Unfinished) {
      return Verdict.MORE;
    }
    if (reading instanceof ProxyHeader.Broken broken) {
      stats.error.inc();
      stats.of(broken.version()).error().inc();
      return Verdict.CLOSE;
    }
    if (reading instanceof ProxyHeader.Whole whole) {
      return take(whole.header(), bytes, connection);
    }
    return absent();
  }

  private Verdict absent() {
    if (config.getAllowRequestsWithoutProxyProtocol()) {
      stats.notFoundAllowed.inc();
      return Verdict.CONTINUE;
    }
    stats.error.inc();
    stats.notFoundDisallowed.inc();
    return Verdict.CLOSE;
  }

  private Verdict take(ProxyHeader header, ByteBuf bytes, AcceptedConnection connection) {
    Version version = header.version() == 1 ? Version.V1 : Version.V2;
    if (config.getDisallowedVersionsList().contains(version)) {
      if (config.getAllowRequestsWithoutProxyProtocol()) {
        return absent(); // it is taken for the client's own bytes
      }
      stats.error.inc();
      stats.of(header.version()).disallowed().inc();
      return Verdict.CLOSE;
    }
    stats.of(header.version()).found().inc();
    bytes.skipBytes(header.length());
    Address source = header.source();
    Address destination = header.destination();
    if (source != null && destination != null) {
      connection.setRemote(source);
      connection.restoreLocal(destination);
      header.tlvs().forEach(tlv -> tell(tlv, connection));
    }
    connection.tellUpstreams(header.tlvs().stream().filter(this::passes).toList());
    return Verdict.CONTINUE;
  }

  private boolean passes(Tlv tlv) {
    ProxyProtocolPassThroughTLVs passing = config.getPassThroughTlvs();
    return config.hasPassThroughTlvs()
        && (passing.getMatchType() == PassTLVsMatchType.INCLUDE_ALL
            || passing.getTlvTypeList().contains(tlv.type()));
  }

  /** For logs and filters: text, as far as it is any. */
  private void tell(Tlv tlv, AcceptedConnection connection) {
    for (ProxyProtocol.Rule rule : config.getRulesList()) {
      if (rule.getTlvType() == tlv.type() && rule.hasOnTlvPresent()) {
        String namespace = rule.getOnTlvPresent().getMetadataNamespace();
        connection.addMetadata(
            namespace.isEmpty() ? NAMESPACE : namespace,
            rule.getOnTlvPresent().getKey(),
            tlv.value().toStringUtf8());
      }
    }
  }
}
