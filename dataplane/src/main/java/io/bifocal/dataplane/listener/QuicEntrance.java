package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where the connections of QUIC come in that one address has. It stays until the last of them has
 * ended: the kernel would deal datagrams to new sockets at the same address that are for the old
 * ones. So a listener that comes back meanwhile gets it again.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails leaves nothing to do
final class QuicEntrance {
  private final RuntimeReader runtime;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  // One for the listener, and one for each connection; none can come when all are gone.
  private final AtomicInteger claims = new AtomicInteger(1);
  private volatile List<QuicPort> ports = List.of();
  private volatile @Nullable ListenSocket socket;

  QuicEntrance(RuntimeReader runtime) {
    this.runtime = runtime;
  }

  /** From now on connections are that socket's. */
  void serve(ListenSocket now, QuicOptions options) {
    socket = now;
    for (QuicPort port : ports) {
      port.datagrams().eventLoop().execute(() -> port.use(options));
    }
  }

  /** The same, from the first one on. */
  void open(ListenSocket now, QuicOptions options, List<Channel> datagrams, List<Worker> workers) {
    socket = now;
    List<QuicPort> opened = new ArrayList<>();
    for (int i = 0; i < datagrams.size(); i++) {
      opened.add(new QuicPort(this, i, workers.get(i), datagrams.get(i)));
    }
    ports = List.copyOf(opened);
    AtomicInteger left = new AtomicInteger(opened.size());
    for (int i = 0; i < opened.size(); i++) {
      QuicPort port = opened.get(i);
      Channel channel = port.datagrams();
      channel.pipeline().addLast(port);
      channel
          .closeFuture()
          .addListener(
              closed -> {
                if (left.decrementAndGet() == 0) {
                  gone.complete(null);
                }
              });
      workers.get(i).eventLoop().register(channel).addListener(registered -> port.use(options));
    }
  }

  /** Who takes the next connection; null for nobody. From any thread. */
  @Nullable ListenerVersion serving() {
    ListenSocket now = socket;
    return now == null || now.held() ? null : now.serving();
  }

  /** Whether datagrams are looked at at all. */
  boolean enabled(QuicOptions options) {
    QuicOptions.Switch enabled = options.enabled();
    return enabled == null || runtime.snapshot().flag(enabled.key(), enabled.otherwise());
  }

  @Nullable QuicPort port(int index) {
    List<QuicPort> all = ports;
    return index < 0 || index >= all.size() ? null : all.get(index);
  }

  /** Keeps it from going; false when it has gone. From any thread. */
  boolean claim() {
    int before = claims.get();
    while (before > 0 && !claims.compareAndSet(before, before + 1)) {
      before = claims.get();
    }
    return before > 0;
  }

  /** Gives a claim back, once. The last one closes the sockets. */
  void release() {
    if (claims.decrementAndGet() == 0) {
      List<QuicPort> all = ports;
      all.forEach(port -> port.datagrams().close());
      if (all.isEmpty()) {
        gone.complete(null);
      }
    }
  }

  /** Completes when the sockets are closed. */
  CompletableFuture<Void> gone() {
    return gone;
  }
}
