package io.bifocal.dataplane.listener;

import com.google.protobuf.Timestamp;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.listener.filter.ListenerFilters;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.worker.Worker;
import java.util.List;

/**
 * One version of a listener: what is done with a connection that its sockets accept. Immutable for
 * the workers.
 *
 * @param sockets where it listens, or will once it is warm; in the order of its addresses; none
 *     where it is not bound to them
 * @param others who else there is, to hand over to
 * @param init who must be ready before it takes connections
 * @param info the version as its source calls it; empty for the bootstrap
 */
record ListenerVersion(
    ListenerConfig config,
    ListenerFilters listenerFilters,
    FilterChains chains,
    List<ListenSocket> sockets,
    List<AccessLog> accessLogs,
    ListenerStats stats,
    ConnectionLimits limits,
    Listeners others,
    InitManager init,
    String info,
    Timestamp lastUpdated) {

  /** Whether there is room for one more connection, which is counted then. */
  boolean mayOpen(Worker worker) {
    ConnectionLimits.Reached reached = limits.open(config.proto());
    if (reached != ConnectionLimits.Reached.NONE) {
      stats.refused(worker, reached);
    }
    return reached == ConnectionLimits.Reached.NONE;
  }

  /** Whether connections go to the listener at the address that they were meant for. */
  boolean handsOver() {
    return config.proto().getUseOriginalDst().getValue();
  }

  boolean sameListener(ListenerVersion other) {
    return config.name().equals(other.config.name());
  }
}
