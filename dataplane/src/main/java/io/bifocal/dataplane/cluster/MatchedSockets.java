package io.bifocal.dataplane.cluster;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSockets;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.TransportSocketMatch;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Transport sockets by what hosts are like: the first match in order, of a host's metadata {@code
 * envoy.transport_socket_match} or of its locality's; else the cluster's own. Source: {@code
 * Cluster.transport_socket_matches}.
 */
record MatchedSockets(List<Match> matches, TransportSocketFactory otherwise)
    implements TransportSocketFactory {
  private static final String NAMESPACE = "envoy.transport_socket_match";

  /** Sockets for hosts that have all of these values. */
  record Match(String name, Struct wanted, TransportSocketFactory sockets) {
    private boolean holds(Metadata metadata) {
      Map<String, Value> fields =
          metadata
              .getFilterMetadataOrDefault(NAMESPACE, Struct.getDefaultInstance())
              .getFieldsMap();
      return fields.entrySet().containsAll(wanted.getFieldsMap().entrySet());
    }

    boolean holds(Host host) {
      return holds(host.metadata()) || holds(host.localityMetadata());
    }
  }

  /** The cluster's transport sockets: its own alone, unless there are others to match. */
  static TransportSocketFactory read(
      Cluster cluster, TransportSockets transports, String path, List<String> warnings)
      throws ConfigException {
    TransportSocketFactory own =
        transports.upstream(cluster.getTransportSocket(), path + ".transport_socket", warnings);
    if (cluster.getTransportSocketMatchesCount() == 0) {
      return own;
    }
    List<Match> matches = new ArrayList<>();
    for (TransportSocketMatch match : cluster.getTransportSocketMatchesList()) {
      String at = path + ".transport_socket_matches '" + match.getName() + "'";
      warnings.addAll(ClusterFields.SOCKET_MATCH.check(match, at));
      matches.add(
          new Match(
              match.getName(),
              match.getMatch(),
              transports.named(match.getTransportSocket(), at + ".transport_socket", warnings)));
    }
    return new MatchedSockets(List.copyOf(matches), own);
  }

  /** Which sockets a host has: an index among the matches, or their number for the cluster's. */
  int indexOf(Host host) {
    int index = 0;
    while (index < matches.size() && !matches.get(index).holds(host)) {
      index++;
    }
    return index;
  }

  /** Counts hosts that are new by what they match. */
  void count(Hosts before, Hosts now, Scope cluster) {
    for (Host host : now.byPrimary().values()) {
      if (before.of(host.state()) == null) {
        cluster.counter(statName(indexOf(host))).inc();
      }
    }
  }

  private String statName(int index) {
    String name = index == matches.size() ? "default" : matches.get(index).name();
    return name + ".total_match_count";
  }

  @Override
  public Choice on(Scope cluster, int shard) {
    for (int i = 0; i <= matches.size(); i++) {
      var unused = cluster.counter(statName(i));
    }
    List<PerWorker> each = new ArrayList<>();
    matches.forEach(match -> each.add(match.sockets().on(cluster, shard)));
    each.add(otherwise.on(cluster, shard));
    return new Choice(this, each, each.stream().anyMatch(PerWorker::tellsOfClients));
  }

  @Override
  public boolean speaksQuic() {
    return otherwise.speaksQuic()
        && matches.stream().allMatch(match -> match.sockets().speaksQuic());
  }

  @Override
  public boolean negotiates() {
    return otherwise.negotiates()
        && matches.stream().allMatch(match -> match.sockets().negotiates());
  }

  @Override
  public void start(Scope cluster, InitManager init) {
    matches.forEach(match -> match.sockets().start(cluster, init));
    otherwise.start(cluster, init);
  }

  @Override
  public void close() {
    matches.forEach(match -> match.sockets().close());
    otherwise.close();
  }

  /**
   * One worker's.
   *
   * @param each of the matches, and the cluster's own behind them
   * @param tellsOfClients whether any of them does
   */
  record Choice(MatchedSockets of, List<PerWorker> each, boolean tellsOfClients)
      implements PerWorker {
    PerWorker of(Host host) {
      return each.get(of.indexOf(host));
    }

    /** Whether two versions of a host have the same sockets. */
    boolean same(Host one, Host other) {
      return of.indexOf(one) == of.indexOf(other);
    }

    @Override
    public TransportSocket socket(ApplicationProtocol protocol, String hostname) {
      return each.get(each.size() - 1).socket(protocol, hostname);
    }
  }
}
