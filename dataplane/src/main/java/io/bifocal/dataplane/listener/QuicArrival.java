package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.tls.DownstreamQuic;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of QUIC on its way to the filter of a chain, from its first packet to the end of
 * its handshake. Confined to its worker's loop.
 */
final class QuicArrival {
  private static final Logger log = LoggerFactory.getLogger(QuicArrival.class);

  private final ListenerVersion version;
  private final Worker worker;
  private final QuicChannel channel;
  private final QuicOptions options;
  private final ConnectionChain chain;
  private final NetworkFilter filter;
  private final DownstreamQuic.Side transport;
  private final AcceptedConnection accepted;
  private final QuicSslEngine engine;
  private Runnable whenReady = () -> {};

  private QuicArrival(
      ListenerVersion version,
      Worker worker,
      QuicChannel channel,
      QuicOptions options,
      ConnectionChain chain,
      NetworkFilter filter,
      DownstreamQuic.Side transport,
      AcceptedConnection accepted,
      QuicSslEngine engine) {
    this.version = version;
    this.worker = worker;
    this.channel = channel;
    this.options = options;
    this.chain = chain;
    this.filter = filter;
    this.transport = transport;
    this.accepted = accepted;
    this.engine = engine;
  }

  /** A connection whose first packet has come; null when it is not to be. */
  static @Nullable QuicArrival of(
      ListenerVersion version,
      Worker worker,
      QuicChannel channel,
      QuicOptions options,
      ConnectionChain chain,
      AcceptedConnection accepted) {
    NetworkFilter filter = chain.filter();
    if (filter == null
        || !(chain.transport().on(worker) instanceof DownstreamQuic.Side transport)) {
      return null; // not asked: no such chain is read
    }
    QuicSslEngine engine = transport.engine(channel);
    return engine == null
        ? null // a secret is missing
        : new QuicArrival(
            version, worker, channel, options, chain, filter, transport, accepted, engine);
  }

  /** For its handshake. */
  QuicSslEngine engine() {
    return engine;
  }

  /** Runs {@code then} when its handshake has ended, or has failed. */
  void whenReady(Runnable then) {
    whenReady = then;
  }

  /** Its channel has a loop. */
  void begin() {
    if (!version.mayOpen(worker)) {
      var unused = channel.close();
      return;
    }
    ConnectionLife life = new ConnectionLife(version, worker);
    channel.closeFuture().addListener(f -> life.end());
    life.info().downstreamLocal = accepted.local();
    life.info().downstreamRemote = accepted.remote();
    life.info().requestedServerName = accepted.serverName();
    life.info().filterChain = chain.proto();
    life.info().filterChainName = chain.proto().getName();
    life.count();
    int limit = version.config().bufferLimit();
    channel
        .config()
        .setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, Math.max(1, limit)));
    chain.connections().add(worker, channel);
    Future<?> ready = transport.start(channel);
    Loop.Timer tooLate =
        worker
            .loop()
            .schedule(
                options.handshakeTimeout(),
                () -> {
                  version.stats().timedOut(worker);
                  var unused = channel.close();
                });
    ready.addListener(
        done -> {
          tooLate.cancel();
          whenReady.run();
          if (done.isSuccess()) {
            serve(life, limit);
          } else {
            String reason = String.valueOf(done.cause().getMessage());
            log.debug("listener '{}': a handshake failed: {}", version.config().name(), reason);
            life.info().downstreamTransportFailureReason = reason;
            life.info().flag(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION);
            var unused = channel.close();
          }
        });
  }

  private void serve(ConnectionLife life, int limit) {
    TlsSession session = transport.session(channel);
    life.info().handshakeNanos = worker.loop().nanoTime();
    life.info().downstreamTls = session;
    life.info().requestedServerName = session == null ? "" : session.serverName();
    try {
      filter.onConnection(channel, worker, new DownstreamConnection(life.info(), true, limit));
    } catch (RuntimeException e) {
      log.error("listener '{}': a connection failed", version.config().name(), e);
      var unused = channel.close();
    }
  }
}
