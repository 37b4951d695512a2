package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.worker.Workers;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives versions of listeners their sockets: those of their predecessors, those of a listener that
 * the same update removes, those that connections of QUIC still have, or new ones. Confined to the
 * control loop.
 */
final class Sockets {
  private final Workers workers;
  private final RuntimeReader runtime;
  private final List<ListenSocket> orphans = new ArrayList<>();
  // Of QUIC, until they are gone: closed ones may have connections, and be wanted again.
  private final List<ListenSocket> lasting = new ArrayList<>();
  private boolean binding = true;

  Sockets(Workers workers, RuntimeReader runtime) {
    this.workers = workers;
    this.runtime = runtime;
  }

  /** From now on there are none: no address is taken from whoever has it. */
  void bindNothing() {
    binding = false;
  }

  /**
   * The sockets for a configuration.
   *
   * @param own what earlier versions of the listener have
   * @throws ConfigException when an address cannot be bound; nothing has changed then
   */
  List<ListenSocket> claim(ListenerConfig config, List<ListenSocket> own) throws ConfigException {
    if (!binding || !config.binds()) {
      return List.of();
    }
    List<ListenSocket> claimed = new ArrayList<>();
    List<ListenSocket> fresh = new ArrayList<>();
    try {
      for (BindAddress address : config.addresses()) {
        var key =
            address.udp()
                ? new ListenSocket.Key(address, config.reusePort(), 0, false)
                : new ListenSocket.Key(
                    address, config.reusePort(), config.backlog(), config.balancesExactly());
        ListenSocket socket = find(key, own, claimed);
        if (socket == null) {
          socket = find(key, orphans, claimed);
        }
        if (socket == null) {
          socket = again(key);
          if (socket == null) {
            socket = ListenSocket.bind(key, workers, runtime);
          }
          fresh.add(socket);
          if (socket.outlastsItsEnd()) {
            lasting.add(socket);
          }
        }
        claimed.add(socket);
      }
    } catch (ConfigException e) {
      fresh.forEach(ListenSocket::close);
      throw e;
    }
    orphans.removeAll(claimed);
    return List.copyOf(claimed);
  }

  private @Nullable ListenSocket again(ListenSocket.Key key) {
    lasting.removeIf(socket -> socket.gone().isDone());
    for (ListenSocket socket : lasting) {
      ListenSocket next = socket.key().equals(key) ? socket.successor() : null;
      if (next != null) {
        return next;
      }
    }
    return null;
  }

  private static @Nullable ListenSocket find(
      ListenSocket.Key key, List<ListenSocket> among, List<ListenSocket> taken) {
    return among.stream()
        .filter(s -> s.key().equals(key) && !taken.contains(s))
        .findFirst()
        .orElse(null);
  }

  /** Keeps the sockets of a listener that is removed, should another one want them. */
  void orphan(List<ListenSocket> sockets) {
    sockets.forEach(ListenSocket::pause);
    orphans.addAll(sockets);
  }

  /** Closes the sockets that nobody has claimed. */
  void closeOrphans() {
    orphans.forEach(ListenSocket::close);
    orphans.clear();
  }
}
