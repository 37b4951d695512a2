package io.bifocal.dataplane.admin;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.ClusterStatusView;
import io.bifocal.dataplane.observe.RaceHistory;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.Certificates;
import io.envoyproxy.envoy.admin.v3.CommandLineOptions;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the admin interface sees of a proxy. Everything but {@link #controlLoop}, {@link #stats} and
 * {@link #races} is to be called on the control loop.
 */
public interface ProxyView {
  Loop controlLoop();

  StatsStore stats();

  /** The races of late, of all workers. */
  RaceHistory races();

  ServerInfo.State state();

  /** {@code <revision>/<version>/…}, as in {@code /server_info}. */
  String version();

  CommandLineOptions commandLine();

  Node node();

  /** The control loop's nanoseconds at which the proxy was started. */
  long startedNanos();

  /** The sections of {@code /config_dump} in Envoy's order (messages of {@code admin.v3}). */
  List<Message> configDump(boolean includeEndpoints);

  /** Active clusters by name. */
  List<ClusterStatusView> clusters();

  /** Active listeners. */
  List<ListenerStatus> listeners();

  /** Who is still waited for. */
  Set<String> unready();

  /** The certificates that TLS uses, and when they expire. */
  Certificates certificates();

  /** The runtime's values in force; on any thread. */
  RuntimeSnapshot runtime();

  /**
   * {@code POST /runtime_modify}: overrides values; an empty one takes an override back.
   *
   * @throws ConfigException when that cannot be, saying why
   */
  void overrideRuntime(Map<String, String> changes) throws ConfigException;

  /** Starts an orderly end ({@code POST /quitquitquit}). */
  void quit();

  /**
   * {@code POST /drain_listeners}: stops accepting.
   *
   * @param graceful whether connections are asked to end over the drain time first
   * @param inboundOnly whether only listeners whose {@code traffic_direction} is inbound
   * @param skipExit whether connections are asked to end, and nothing else is done
   */
  void drainListeners(boolean graceful, boolean inboundOnly, boolean skipExit);

  /** {@code POST /reopen_logs}: access logs are to be opened again. */
  void reopenLogs();

  /** {@code POST /healthcheck/fail} and {@code /ok}. */
  void failHealthCheck(boolean fail);
}
