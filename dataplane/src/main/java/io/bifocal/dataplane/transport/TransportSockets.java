package io.bifocal.dataplane.transport;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.Registry;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;

/** Makes clusters' transport sockets from their configuration. */
public final class TransportSockets {
  /** Makes a transport socket of one type. */
  @FunctionalInterface
  public interface Factory {
    TransportSocket create(Any config) throws ConfigException;
  }

  private final Registry<Factory> factories =
      new Registry<Factory>()
          .register(typeUrl(RawBuffer.getDefaultInstance()), raw -> TransportSocket.PLAIN);

  /** Where others add theirs. */
  public Registry<Factory> registry() {
    return factories;
  }

  /**
   * The transport socket of {@code Cluster.transport_socket}; a plain one for the default instance.
   *
   * @throws ConfigException in Envoy's words when there is none of its type
   */
  public TransportSocket upstream(io.envoyproxy.envoy.config.core.v3.TransportSocket config)
      throws ConfigException {
    if (config.equals(config.getDefaultInstanceForType())) {
      return TransportSocket.PLAIN;
    }
    return factories
        .find(config.getName(), config.getTypedConfig())
        .create(config.getTypedConfig());
  }

  private static String typeUrl(Message message) {
    return "type.googleapis.com/" + message.getDescriptorForType().getFullName();
  }
}
