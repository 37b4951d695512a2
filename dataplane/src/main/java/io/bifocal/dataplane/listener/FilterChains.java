package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.listener.match.ChainChoice;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All filter chains of a listener's version.
 *
 * @param choice which of them takes a connection
 * @param fallback {@code default_filter_chain}: for what no other chain takes
 * @param byName whether the choice may need the server's name that a client asks for
 */
record FilterChains(
    List<ConnectionChain> chains,
    ChainChoice<ConnectionChain> choice,
    @Nullable ConnectionChain fallback,
    boolean byName) {

  /** The chain for a connection, or null when none takes it. */
  @Nullable ConnectionChain select(AcceptedConnection connection) {
    ConnectionChain found = choice.find(connection);
    return found == null ? fallback : found;
  }

  /** The chain made from an equal configuration, or null. */
  @Nullable ConnectionChain like(FilterChain proto) {
    return all().stream().filter(c -> c.proto().equals(proto)).findFirst().orElse(null);
  }

  List<ConnectionChain> all() {
    List<ConnectionChain> all = new ArrayList<>(chains);
    if (fallback != null) {
      all.add(fallback);
    }
    return all;
  }

  /** Those that a successor did not take over. */
  List<ConnectionChain> notIn(FilterChains successor) {
    List<ConnectionChain> left = all();
    left.removeAll(successor.all());
    return left;
  }
}
