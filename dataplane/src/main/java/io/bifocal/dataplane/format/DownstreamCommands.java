package io.bifocal.dataplane.format;

import io.bifocal.dataplane.format.CommandTable.Syntax;
import java.util.List;

/** What is told of the client's connection. */
final class DownstreamCommands {
  private DownstreamCommands() {}

  static void addTo(CommandTable table) {
    table.address("DOWNSTREAM_REMOTE", s -> s.downstreamRemote);
    table.address(
        "DOWNSTREAM_DIRECT_REMOTE",
        s -> s.downstreamDirectRemote == null ? s.downstreamRemote : s.downstreamDirectRemote);
    table.address("DOWNSTREAM_LOCAL", s -> s.downstreamLocal);
    table.address("DOWNSTREAM_DIRECT_LOCAL", s -> s.downstreamLocal);
    table.put("DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID", Command.EMPTY);
    table.put("DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID", Command.EMPTY);
    table.number("CONNECTION_ID", s -> s.connectionId);
    table.put(
        "DOWNSTREAM_HANDSHAKE_DURATION",
        Command.json(
            (stream, out) -> {
              long at = stream.ofConnection().handshakeNanos;
              boolean there = at >= 0 && stream.requestHeaders != null;
              if (there) {
                out.append((at - stream.startNanos) / 1_000_000);
              }
              return there;
            }));
    // Envoy counts them for QUIC alone.
    for (String name :
        List.of("BYTES_RETRANSMITTED", "PACKETS_RETRANSMITTED", "DOWNSTREAM_CX_RTT")) {
      table.number(name, s -> 0);
    }
    table.text(
        "LISTENER_NAME",
        s -> s.ofConnection().listener == null ? null : s.ofConnection().listener.getName());
    table.put("REQUESTED_SERVER_NAME", Syntax.OPTIONAL_PARAMETERS, Headers::serverName);
    table.text("FILTER_CHAIN_NAME", s -> s.filterChainName);
    TlsCommands.ofDownstream()
        .forEach((name, factory) -> table.put(name, Syntax.OPTIONAL_PARAMETERS, factory::of));
  }
}
