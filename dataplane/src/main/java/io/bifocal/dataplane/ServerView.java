package io.bifocal.dataplane;

import com.google.protobuf.Message;
import com.google.protobuf.util.Timestamps;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.admin.ProxyView;
import io.bifocal.dataplane.cluster.ClusterStatusView;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.observe.RaceHistory;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.BootstrapConfigDump;
import io.envoyproxy.envoy.admin.v3.Certificates;
import io.envoyproxy.envoy.admin.v3.CommandLineOptions;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the admin interface sees of a {@link Server}. */
final class ServerView implements ProxyView {
  private final Bootstrap bootstrap;
  private final ProxyOptions options;
  private final Parts parts;
  private final ServerState state;
  private final Server server;
  private final long startedNanos;
  private final long startedMillis;

  ServerView(
      Bootstrap bootstrap, ProxyOptions options, Parts parts, ServerState state, Server server) {
    this.bootstrap = bootstrap;
    this.options = options;
    this.parts = parts;
    this.state = state;
    this.server = server;
    this.startedNanos = parts.control().nanoTime();
    this.startedMillis = parts.control().wallTime().toEpochMilli();
  }

  @Override
  public Loop controlLoop() {
    return parts.control();
  }

  @Override
  public StatsStore stats() {
    return parts.stats();
  }

  @Override
  public RaceHistory races() {
    return parts.races();
  }

  @Override
  public ServerInfo.State state() {
    return state.shown();
  }

  @Override
  public String version() {
    return Version.full();
  }

  @Override
  public CommandLineOptions commandLine() {
    return options.commandLine();
  }

  @Override
  public Node node() {
    return NodeIdentity.of(bootstrap.getNode());
  }

  @Override
  public long startedNanos() {
    return startedNanos;
  }

  @Override
  public List<Message> configDump(boolean includeEndpoints) {
    List<Message> sections = new ArrayList<>();
    sections.add(
        BootstrapConfigDump.newBuilder()
            .setBootstrap(bootstrap.toBuilder().setNode(node()))
            .setLastUpdated(Timestamps.fromMillis(startedMillis))
            .build());
    sections.add(parts.clusters().clustersDump());
    if (includeEndpoints) {
      sections.add(parts.clusters().endpointsDump());
    }
    for (ExtensionConfigs each : List.of(parts.discovery(), parts.listeners().discovery())) {
      if (each.used()) {
        sections.add(each.dump());
      }
    }
    sections.add(parts.listeners().dump());
    sections.add(parts.http().scopes().dump());
    sections.add(parts.http().routes().routesDump());
    sections.add(parts.secrets().dump());
    return sections;
  }

  @Override
  public List<ClusterStatusView> clusters() {
    return parts.clusters().clusters();
  }

  @Override
  public List<ListenerStatus> listeners() {
    return parts.listeners().listeners();
  }

  @Override
  public Set<String> unready() {
    return parts.unready();
  }

  @Override
  public Certificates certificates() {
    return parts.tls().certificates(parts.control().wallTime());
  }

  @Override
  public RuntimeSnapshot runtime() {
    return parts.runtime().snapshot();
  }

  @Override
  public void overrideRuntime(Map<String, String> changes) throws ConfigException {
    parts.runtime().override(changes);
  }

  @Override
  public void quit() {
    server.quit();
  }

  @Override
  public void drainListeners(boolean graceful, boolean inboundOnly, boolean skipExit) {
    if (skipExit) {
      parts.listeners().drainConnections(inboundOnly);
    } else {
      parts.listeners().drain(graceful, inboundOnly, () -> {});
    }
  }

  @Override
  public void reopenLogs() {
    server.reopenLogs();
  }

  @Override
  public void failHealthCheck(boolean fail) {
    server.failHealthCheck(fail);
  }
}
