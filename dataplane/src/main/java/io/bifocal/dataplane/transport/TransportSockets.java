package io.bifocal.dataplane.transport;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.transport.proxyprotocol.UpstreamProxyProtocol;
import io.bifocal.dataplane.transport.quic.UpstreamQuicReader;
import io.bifocal.dataplane.transport.tls.DownstreamTlsReader;
import io.bifocal.dataplane.transport.tls.KeyLog;
import io.bifocal.dataplane.transport.tls.TlsContexts;
import io.bifocal.dataplane.transport.tls.TlsProvider;
import io.bifocal.dataplane.transport.tls.UpstreamTlsReader;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.List;
import java.util.function.Predicate;

/** Makes transport sockets of clusters and filter chains from their configuration. */
public final class TransportSockets {
  /** Reads the configuration of clusters' transport sockets of one type. */
  @FunctionalInterface
  public interface ConfigFactory {
    /**
     * Reads and checks.
     *
     * @param path where the configuration is
     * @param warnings gets what is accepted without effect
     */
    TransportSocketFactory create(Any config, String path, List<String> warnings)
        throws ConfigException;
  }

  /** Reads the configuration of filter chains' transport sockets of one type. */
  @FunctionalInterface
  public interface DownstreamConfigFactory {
    /**
     * Reads and checks.
     *
     * @param path where the configuration is
     * @param spoken which protocols of ALPN can be spoken on the connections
     * @param warnings gets what is accepted without effect
     */
    DownstreamSocketFactory create(
        Any config, String path, Predicate<String> spoken, List<String> warnings)
        throws ConfigException;
  }

  /** For whoever has none. */
  public static final Runnable NO_REHEARSAL = () -> {};

  private final Registry<ConfigFactory> upstream;
  private final Registry<DownstreamConfigFactory> downstream;

  /** For configurations without secrets that must be fetched. */
  public TransportSockets() {
    this(Secrets.NONE);
  }

  /**
   * @param secrets that configurations may name
   */
  public TransportSockets(Secrets secrets) {
    this(secrets, new TlsContexts(), KeyLog.Files.NONE, NO_REHEARSAL);
  }

  /**
   * The same.
   *
   * @param contexts has those of TLS while they are in use
   * @param keyLogs where keys are written down, if that is asked for
   * @param rehearsal runs whenever a configuration has QUIC
   */
  public TransportSockets(
      Secrets secrets, TlsContexts contexts, KeyLog.Files keyLogs, Runnable rehearsal) {
    upstream =
        new Registry<ConfigFactory>()
            .register(
                typeUrl(RawBuffer.getDefaultInstance()),
                (raw, path, warnings) -> TransportSocketFactory.PLAIN)
            .register(
                typeUrl(UpstreamTlsContext.getDefaultInstance()),
                (config, path, warnings) ->
                    new UpstreamTlsReader(TlsProvider.best(), secrets, contexts, keyLogs)
                        .read(config, path, warnings))
            .register(
                typeUrl(QuicUpstreamTransport.getDefaultInstance()),
                (config, path, warnings) -> {
                  rehearsal.run();
                  return new UpstreamQuicReader(secrets).read(config, path, warnings);
                })
            .register(
                typeUrl(ProxyProtocolUpstreamTransport.getDefaultInstance()),
                (config, path, warnings) ->
                    UpstreamProxyProtocol.read(
                        config,
                        path,
                        warnings,
                        inner -> upstream(inner, path + ".transport_socket", warnings)));
    downstream =
        new Registry<DownstreamConfigFactory>()
            .register(
                typeUrl(RawBuffer.getDefaultInstance()),
                (raw, path, spoken, warnings) -> DownstreamSocketFactory.PLAIN)
            .register(
                typeUrl(DownstreamTlsContext.getDefaultInstance()),
                (config, path, spoken, warnings) ->
                    new DownstreamTlsReader(TlsProvider.best(), secrets, contexts, keyLogs)
                        .read(config, path, spoken, warnings))
            .register(
                typeUrl(QuicDownstreamTransport.getDefaultInstance()),
                (config, path, spoken, warnings) -> {
                  rehearsal.run();
                  return new DownstreamTlsReader(TlsProvider.best(), secrets, contexts, keyLogs)
                      .readQuic(config, path, warnings);
                });
  }

  /** Where others add theirs. */
  public Registry<ConfigFactory> registry() {
    return upstream;
  }

  /**
   * The transport sockets of {@code Cluster.transport_socket}; plain ones for the default instance.
   *
   * @param path where it is, for what Envoy has no words for
   * @param warnings gets what is accepted without effect
   * @throws ConfigException in Envoy's words when there are none of its type
   */
  public TransportSocketFactory upstream(
      io.envoyproxy.envoy.config.core.v3.TransportSocket config, String path, List<String> warnings)
      throws ConfigException {
    return config.equals(config.getDefaultInstanceForType())
        ? TransportSocketFactory.PLAIN
        : named(config, path, warnings);
  }

  /** The same of a place that must name one. */
  public TransportSocketFactory named(
      io.envoyproxy.envoy.config.core.v3.TransportSocket config, String path, List<String> warnings)
      throws ConfigException {
    return upstream
        .find(config.getName(), config.getTypedConfig())
        .create(config.getTypedConfig(), path, warnings);
  }

  /**
   * The transport sockets of {@code FilterChain.transport_socket}; plain ones for the default
   * instance.
   *
   * @param path where it is, for what Envoy has no words for
   * @param spoken which protocols of ALPN can be spoken on the connections
   * @param warnings gets what is accepted without effect
   * @throws ConfigException in Envoy's words when there are none of its type
   */
  public DownstreamSocketFactory downstream(
      io.envoyproxy.envoy.config.core.v3.TransportSocket config,
      String path,
      Predicate<String> spoken,
      List<String> warnings)
      throws ConfigException {
    if (config.equals(config.getDefaultInstanceForType())) {
      return DownstreamSocketFactory.PLAIN;
    }
    return downstream
        .find(config.getName(), config.getTypedConfig())
        .create(config.getTypedConfig(), path, spoken, warnings);
  }

  private static String typeUrl(Message message) {
    return MessageTypes.url(MessageTypes.of(message));
  }
}
