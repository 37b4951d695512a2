package io.bifocal.dataplane.listener.filter;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.tls.ClientHello;
import io.netty.buffer.ByteBuf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether a client speaks TLS, which server it asks for, and what it will speak then.
 *
 * <p>Source: {@code envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector}; counts under
 * {@code tls_inspector.}
 */
final class TlsInspector implements ListenerFilter {
  private static final Logger log = LoggerFactory.getLogger(TlsInspector.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
                  .getDescriptor())
          .ignores("what is read is kept until it is whole", "initial_read_buffer_size")
          .ignores(
              "only logs tell of fingerprints, and have none here", "enable_ja3_fingerprinting");

  private final Stats stats;

  private TlsInspector(Stats stats) {
    this.stats = stats;
  }

  /** One worker's cells. */
  private static final class Stats {
    final Cell tlsFound;
    final Cell tlsNotFound;
    final Cell tooLarge;
    final Cell alpnFound;
    final Cell alpnNotFound;
    final Cell sniFound;
    final Cell sniNotFound;
    final Histogram bytes;
    final int shard;

    Stats(Scope root, int shard) {
      Scope scope = root.scope("tls_inspector");
      tlsFound = scope.counter("tls_found").at(shard);
      tlsNotFound = scope.counter("tls_not_found").at(shard);
      tooLarge = scope.counter("client_hello_too_large").at(shard);
      alpnFound = scope.counter("alpn_found").at(shard);
      alpnNotFound = scope.counter("alpn_not_found").at(shard);
      sniFound = scope.counter("sni_found").at(shard);
      sniNotFound = scope.counter("sni_not_found").at(shard);
      bytes = scope.histogram("bytes_processed", Histogram.Unit.BYTES);
      this.shard = shard;
    }
  }

  static ListenerFilterFactory factory(com.google.protobuf.Any any, String path)
      throws ConfigException {
    var config =
        Unpack.as(
            io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
                .getDefaultInstance(),
            any);
    if (config.hasEnableJa3Fingerprinting() && !config.getEnableJa3Fingerprinting().getValue()) {
      config = config.toBuilder().clearEnableJa3Fingerprinting().build(); // what holds anyway
    }
    FIELDS.check(config, path).forEach(log::warn);
    return inspecting();
  }

  /** One that was not configured, but is needed. */
  static ListenerFilterFactory inspecting() {
    return (root, shard) -> {
      TlsInspector inspector = new TlsInspector(new Stats(root, shard));
      return () -> inspector; // it remembers nothing of a connection
    };
  }

  @Override
  public Verdict onAccept(AcceptedConnection connection) {
    return Verdict.MORE;
  }

  @Override
  public Verdict onData(ByteBuf bytes, AcceptedConnection connection) {
    ClientHello.Reading reading = ClientHello.peek(bytes);
    if (reading instanceof ClientHello.Unfinished) {
      return bytes.readableBytes() < ClientHello.MAX_BYTES ? Verdict.MORE : tooLarge();
    }
    if (reading instanceof ClientHello.TooLarge) {
      return tooLarge();
    }
    stats.bytes.record(stats.shard, bytes.readableBytes());
    if (reading instanceof ClientHello.Whole whole) {
      found(whole.hello(), connection);
    } else {
      stats.tlsNotFound.inc();
    }
    return Verdict.CONTINUE;
  }

  private Verdict tooLarge() {
    stats.tooLarge.inc();
    return Verdict.CLOSE;
  }

  private void found(ClientHello hello, AcceptedConnection connection) {
    stats.tlsFound.inc();
    connection.foundTransport("tls");
    connection.foundApplicationProtocols(hello.applicationProtocols());
    (hello.applicationProtocols().isEmpty() ? stats.alpnNotFound : stats.alpnFound).inc();
    connection.foundServerName(hello.serverName());
    (hello.serverName().isEmpty() ? stats.sniNotFound : stats.sniFound).inc();
  }
}
