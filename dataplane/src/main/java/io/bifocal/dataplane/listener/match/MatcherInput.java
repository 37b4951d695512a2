package io.bifocal.dataplane.listener.match;

import com.github.xds.core.v3.TypedExtensionConfig;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What of a connection a tree of matchers asks for, as text. Source: {@code
 * envoy.extensions.matching.common_inputs.network.v3}.
 */
@FunctionalInterface
interface MatcherInput {
  String PREFIX = "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.";

  /** Null where the connection has none. */
  @Nullable String of(AcceptedConnection connection);

  /**
   * The input of a configuration's type.
   *
   * @throws ConfigException when there is none
   */
  static MatcherInput of(TypedExtensionConfig config, String path) throws ConfigException {
    String type = config.getTypedConfig().getTypeUrl();
    if (!type.startsWith(PREFIX)) {
      throw Extensions.unregistered(config.getName(), config.getTypedConfig());
    }
    return switch (type.substring(PREFIX.length())) {
      case "DestinationIPInput" -> connection -> ip(connection.local());
      case "DestinationPortInput" -> connection -> port(connection.local());
      case "SourceIPInput" -> connection -> ip(connection.remote());
      case "SourcePortInput" -> connection -> port(connection.remote());
      case "DirectSourceIPInput" -> connection -> ip(connection.directRemote());
      case "SourceTypeInput" -> connection -> connection.fromHere() ? "local" : null;
      case "ServerNameInput" -> connection -> orNull(connection.serverName());
      case "TransportProtocolInput" -> AcceptedConnection::transportProtocol;
      case "ApplicationProtocolInput" -> MatcherInput::protocols;
      case "FilterStateInput", "DynamicMetadataInput" ->
          throw new ConfigException(
              path + ": '" + config.getName() + "': no listener filter here sets what it reads");
      default -> throw Extensions.unregistered(config.getName(), config.getTypedConfig());
    };
  }

  private static @Nullable String ip(Address address) {
    return address instanceof Address.Ip ip
        ? com.google.common.net.InetAddresses.toAddrString(ip.ip())
        : null;
  }

  private static @Nullable String port(Address address) {
    return address instanceof Address.Ip ip ? Integer.toString(ip.port()) : null;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  /** All of them, each in quotes: {@code 'h2','http/1.1'}. */
  private static @Nullable String protocols(AcceptedConnection connection) {
    return connection.applicationProtocols().isEmpty()
        ? null
        : connection.applicationProtocols().stream()
            .map(p -> "'" + p + "'")
            .collect(Collectors.joining(","));
  }
}
