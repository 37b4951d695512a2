package io.bifocal.dataplane.admin;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.ClusterStatusView;
import io.bifocal.dataplane.observe.RaceHistory;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.admin.v3.Certificates;
import io.envoyproxy.envoy.admin.v3.CommandLineOptions;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy that holds what a test gives it, and remembers what it was told to do. */
final class FakeProxy implements ProxyView, AutoCloseable {
  final ThreadLoop control = ThreadLoop.start("test-control");
  final StatsStore stats = new StatsStore(1);
  final RaceHistory races = new RaceHistory(2);
  final List<Message> sections = new CopyOnWriteArrayList<>();
  final List<ClusterStatusView> clusters = new CopyOnWriteArrayList<>();
  final List<ListenerStatus> listeners = new CopyOnWriteArrayList<>();
  final List<String> orders = new CopyOnWriteArrayList<>();
  final Map<String, String> overrides = new LinkedHashMap<>();
  volatile RuntimeSnapshot runtime = RuntimeSnapshot.EMPTY;
  volatile boolean hasAdminLayer;
  volatile ServerInfo.State state = ServerInfo.State.LIVE;
  volatile Set<String> unready = Set.of();

  @Override
  public Loop controlLoop() {
    return control;
  }

  @Override
  public Certificates certificates() {
    return Certificates.getDefaultInstance();
  }

  @Override
  public StatsStore stats() {
    return stats;
  }

  @Override
  public RaceHistory races() {
    return races;
  }

  @Override
  public ServerInfo.State state() {
    control.assertInLoop();
    return state;
  }

  @Override
  public String version() {
    return "0/1.40.0/Clean/RELEASE/x";
  }

  @Override
  public CommandLineOptions commandLine() {
    return CommandLineOptions.newBuilder().setConcurrency(2).build();
  }

  @Override
  public Node node() {
    return Node.newBuilder().setId("n1").setCluster("c1").build();
  }

  @Override
  public long startedNanos() {
    return control.nanoTime() - 9_500_000_000L;
  }

  @Override
  public List<Message> configDump(boolean includeEndpoints) {
    control.assertInLoop();
    List<Message> dump = new ArrayList<>(sections);
    if (!includeEndpoints) {
      dump.removeIf(section -> section instanceof EndpointsConfigDump);
    }
    return dump;
  }

  @Override
  public List<ClusterStatusView> clusters() {
    control.assertInLoop();
    return clusters;
  }

  @Override
  public List<ListenerStatus> listeners() {
    control.assertInLoop();
    return listeners;
  }

  @Override
  public Set<String> unready() {
    control.assertInLoop();
    return unready;
  }

  @Override
  public RuntimeSnapshot runtime() {
    return runtime;
  }

  @Override
  public void overrideRuntime(Map<String, String> changes) throws ConfigException {
    if (!hasAdminLayer) {
      throw new ConfigException("No admin layer specified");
    }
    overrides.putAll(changes);
  }

  @Override
  public void quit() {
    control.assertInLoop();
    orders.add("quit");
  }

  @Override
  public void drainListeners(boolean graceful, boolean inboundOnly, boolean skipExit) {
    control.assertInLoop();
    orders.add("drain " + graceful + " " + inboundOnly + " " + skipExit);
  }

  @Override
  public void reopenLogs() {
    control.assertInLoop();
    orders.add("reopen");
  }

  @Override
  public void failHealthCheck(boolean fail) {
    control.assertInLoop();
    orders.add("fail " + fail);
  }

  @Override
  public void close() {
    control.close();
  }
}
