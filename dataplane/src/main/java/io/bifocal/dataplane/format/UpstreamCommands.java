package io.bifocal.dataplane.format;

import io.bifocal.dataplane.format.CommandTable.Syntax;

/** What is told of the upstream. */
final class UpstreamCommands {
  private UpstreamCommands() {}

  static void addTo(CommandTable table) {
    table.text("UPSTREAM_CLUSTER", s -> s.upstreamCluster);
    table.text(
        "UPSTREAM_CLUSTER_RAW", s -> s.cluster == null ? s.upstreamCluster : s.cluster.getName());
    table.text("UPSTREAM_HOST", s -> HostText.ofCurrent(s, HostText::address));
    table.text("UPSTREAM_HOST_NAME", s -> HostText.ofCurrent(s, HostText::name));
    table.text(
        "UPSTREAM_HOST_NAME_WITHOUT_PORT", s -> HostText.ofCurrent(s, HostText::nameWithoutPort));
    table.text("UPSTREAM_HOSTS_ATTEMPTED", s -> HostText.ofAttempted(s, HostText::address));
    table.text("UPSTREAM_HOST_NAMES_ATTEMPTED", s -> HostText.ofAttempted(s, HostText::name));
    table.text(
        "UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT",
        s -> HostText.ofAttempted(s, HostText::addressWithoutPort));
    table.text(
        "UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT",
        s -> HostText.ofAttempted(s, HostText::nameWithoutPort));
    table.text("UPSTREAM_PROTOCOL", s -> s.upstreamProtocol);
    table.number("UPSTREAM_CONNECTION_ID", s -> Math.max(0, s.upstreamConnectionId));
    table.text(
        "UPSTREAM_CONNECTION_IDS_ATTEMPTED",
        s -> s.upstreamConnectionId < 0 ? null : Long.toString(s.upstreamConnectionId));
    table.number(
        "UPSTREAM_CONNECTION_POOL_READY_DURATION",
        s -> s.upstreamReadyNanos < 0 ? -1 : s.upstreamReadyNanos / 1_000_000);
    table.put("UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID", Command.EMPTY);
    table.put("CLUSTER_METADATA", Syntax.PARAMETERS, MetadataCommands::cluster);
    table.put("UPSTREAM_METADATA", Syntax.PARAMETERS, MetadataCommands::upstreamHost);
    // What filters of upstreams keep; there are none.
    table.put("UPSTREAM_FILTER_STATE", Syntax.ANYTHING, FilterState::ofUpstream);
    TlsCommands.ofUpstream()
        .forEach((name, factory) -> table.put(name, Syntax.OPTIONAL_PARAMETERS, factory::of));
    table.address("UPSTREAM_REMOTE", s -> s.upstreamRemote);
    table.address("UPSTREAM_LOCAL", s -> s.upstreamLocal);
    table.number("UPSTREAM_REQUEST_ATTEMPT_COUNT", s -> s.requestAttempts);
    table.put(
        "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
        Command.text(s -> s.downstreamTransportFailureReason).withoutSpaces());
    table.text("DOWNSTREAM_LOCAL_CLOSE_REASON", s -> s.downstreamLocalCloseReason);
    table.text("UPSTREAM_LOCAL_CLOSE_REASON", s -> s.upstreamLocalCloseReason);
    table.text("DOWNSTREAM_DETECTED_CLOSE_TYPE", s -> s.downstreamClose.text());
    table.text("UPSTREAM_DETECTED_CLOSE_TYPE", s -> s.upstreamClose.text());
    table.put(
        "UPSTREAM_TRANSPORT_FAILURE_REASON",
        Command.text(s -> s.upstreamTransportFailureReason).withoutSpaces());
    table.text("CONNECTION_TERMINATION_DETAILS", s -> s.connectionTerminationDetails);
  }
}
