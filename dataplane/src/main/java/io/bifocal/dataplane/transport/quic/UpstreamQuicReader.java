package io.bifocal.dataplane.transport.quic;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.transport.tls.TlsProvider;
import io.bifocal.dataplane.transport.tls.UpstreamTlsReader;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.netty.handler.codec.quic.Quic;
import java.util.List;

/** From a {@code QuicUpstreamTransport} to what of it is obeyed. */
public final class UpstreamQuicReader {
  private final Secrets secrets;

  public UpstreamQuicReader(Secrets secrets) {
    this.secrets = secrets;
  }

  /**
   * Reads and checks.
   *
   * @param path where it is, for what Envoy has no words for
   * @param warnings gets what is accepted without effect
   * @throws ConfigException in Envoy's words where it has any, else with the field's path; also
   *     where the library for QUIC does not load
   */
  public UpstreamQuic read(Any config, String path, List<String> warnings) throws ConfigException {
    QuicUpstreamTransport transport = Unpack.as(QuicUpstreamTransport.getDefaultInstance(), config);
    warnings.addAll(QuicFields.UPSTREAM.check(transport, path));
    if (!Quic.isAvailable()) {
      throw new ConfigException(
          path + ": QUIC does not load on this machine: " + Quic.unavailabilityCause());
    }
    return new UpstreamQuic(
        new UpstreamTlsReader(TlsProvider.best(), secrets)
            .readQuic(transport.getUpstreamTlsContext(), path + ".upstream_tls_context", warnings));
  }
}
