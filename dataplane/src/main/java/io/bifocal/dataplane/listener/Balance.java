package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import java.util.List;

/** Which worker takes the next connection of a socket. */
@FunctionalInterface
interface Balance {
  /** Chooses; the connection is the worker's until it closes. */
  Worker choose(Channel connection);

  /** One after the other; for one acceptor. */
  static Balance inTurn(List<Worker> workers) {
    int[] next = new int[1];
    return connection -> {
      Worker worker = workers.get(next[0]);
      next[0] = next[0] + 1 == workers.size() ? 0 : next[0] + 1;
      return worker;
    };
  }

  /**
   * The one that has the fewest; for all acceptors of a socket, which take a lock each time.
   *
   * <p>Source: {@code envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance}.
   */
  static Balance exact(List<Worker> workers) {
    int[] open = new int[workers.size()];
    return connection -> {
      int fewest = 0;
      synchronized (open) {
        for (int i = 1; i < open.length; i++) {
          if (open[i] < open[fewest]) {
            fewest = i;
          }
        }
        open[fewest]++;
      }
      int chosen = fewest;
      connection
          .closeFuture()
          .addListener(
              f -> {
                synchronized (open) {
                  open[chosen]--;
                }
              });
      return workers.get(chosen);
    };
  }
}
