package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One address that is listened on, by one socket a worker where the kernel can deal connections to
 * them ({@code SO_REUSEPORT}), else by one for all. It outlives the versions of its listener:
 * {@link #serve} hands over from one to the next between two connections. Confined to the control
 * loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // an acceptor that fails to register closes itself
final class ListenSocket implements Serving {
  private static final Logger log = LoggerFactory.getLogger(ListenSocket.class);

  private final Key key;
  private final Workers workers;
  private final List<BoundSocket> bound;
  private final @Nullable QuicEntrance quic;
  private final List<Channel> listening = new ArrayList<>();
  private volatile @Nullable ListenerVersion serving;
  private volatile boolean held;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private final Queue<Runnable> parked = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  /** What two versions of a listener must agree in to share a socket. */
  record Key(BindAddress address, boolean reusePort, int backlog, boolean exactBalance) {}

  private ListenSocket(
      Key key, Workers workers, List<BoundSocket> bound, @Nullable QuicEntrance quic) {
    this.key = key;
    this.workers = workers;
    this.bound = bound;
    this.quic = quic;
  }

  /**
   * Binds.
   *
   * @throws ConfigException in Envoy's words when the address is not to be had
   */
  static ListenSocket bind(Key key, Workers workers, RuntimeReader runtime) throws ConfigException {
    Address address = key.address().address();
    boolean perWorker =
        key.reusePort()
            && address.family() != Family.PIPE
            && workers.transport() == Transport.EPOLL;
    List<BoundSocket> bound = new ArrayList<>();
    try {
      if (address instanceof Address.Pipe pipe) {
        deleteSocket(pipe);
      }
      for (int i = 0; i < (perWorker ? workers.size() : 1); i++) {
        Address wanted = i == 0 ? address : bound.get(0).address(); // any port, but one
        bound.add(
            key.address().udp()
                ? BoundDatagrams.bind(workers.transport(), wanted, key.address(), perWorker)
                : BoundSocket.bind(
                    workers.transport(), wanted, key.address(), perWorker, key.backlog()));
      }
    } catch (IOException | RuntimeException e) {
      bound.forEach(ListenSocket::closeQuietly);
      throw new ConfigException("cannot bind '%s': %s".formatted(key.address().text(), why(e)), e);
    }
    return new ListenSocket(
        key, workers, bound, key.address().udp() ? new QuicEntrance(runtime) : null);
  }

  /**
   * What a listener gets that comes back while connections of QUIC are left that this closed one
   * took; null when there are none, and with a socket that is not closed.
   */
  @Nullable ListenSocket successor() {
    if (quic == null || !closed || !quic.claim()) {
      return null;
    }
    ListenSocket next = new ListenSocket(key, workers, bound, quic);
    next.listening.addAll(listening);
    return next;
  }

  /** The system's words, without what Netty puts before them. */
  private static String why(Exception e) {
    String message = String.valueOf(e.getMessage());
    int colon = message.lastIndexOf("): ");
    return colon < 0 ? message : message.substring(colon + 3);
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] fromTheLeft = PosixFilePermission.values(); // rwx of owner, group, others
    for (int i = 0; i < fromTheLeft.length; i++) {
      if ((mode & (0400 >> i)) != 0) {
        permissions.add(fromTheLeft[i]);
      }
    }
    return permissions;
  }

  Key key() {
    return key;
  }

  Address localAddress() {
    return bound.get(0).address();
  }

  @Override
  public @Nullable ListenerVersion serving() {
    return serving;
  }

  /** Whether there will never be a version again. From any thread. */
  boolean closed() {
    return closed;
  }

  /**
   * Keeps a connection that was on its way when accepting was paused, until there is a version, or
   * the socket is closed. From any thread.
   */
  void park(Runnable again) {
    parked.add(again);
    if (serving != null || closed) {
      unpark();
    }
  }

  private void unpark() {
    for (Runnable again = parked.poll(); again != null; again = parked.poll()) {
      again.run();
    }
  }

  /** From now on connections are for that version; the first call starts accepting. */
  void serve(ListenerVersion version) throws IOException {
    serving = version;
    unpark();
    QuicOptions options = version.config().quic();
    if (quic != null && options != null) {
      serve(quic, options);
    } else if (listening.isEmpty()) {
      listen(version);
    } else {
      accept(!held);
    }
  }

  private void serve(QuicEntrance entrance, QuicOptions options) throws IOException {
    if (!listening.isEmpty()) {
      entrance.serve(this, options);
      return;
    }
    for (BoundSocket socket : bound) {
      listening.add(socket.listen(0));
    }
    entrance.open(this, options, listening, all(workers));
  }

  private void listen(ListenerVersion version) throws IOException {
    Balance exact = key.exactBalance() ? Balance.exact(all(workers)) : null;
    for (int i = 0; i < bound.size(); i++) {
      Channel channel = bound.get(i).listen(key.backlog());
      listening.add(channel);
      EventLoop loop = workers.get(i).eventLoop();
      Balance balance =
          exact != null
              ? exact
              : Balance.inTurn(bound.size() > 1 ? List.of(workers.get(i)) : all(workers));
      int atOnce = version.config().acceptsPerEvent();
      if (atOnce > 0) {
        channel
            .config()
            .setRecvByteBufAllocator(
                new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(atOnce));
      }
      channel.config().setOption(ChannelOption.AUTO_READ, true);
      channel.pipeline().addLast(new Acceptor(this, balance));
      loop.register(channel);
      if (bound.get(i).address() instanceof Address.Pipe pipe) {
        bind(channel, pipe);
      }
    }
  }

  private void bind(Channel channel, Address.Pipe pipe) throws IOException {
    channel.bind(workers.transport().adapt(pipe.socketAddress())).syncUninterruptibly();
    if (key.address().mode() != 0) {
      Files.setPosixFilePermissions(Path.of(pipe.path()), permissions(key.address().mode()));
    }
  }

  private static List<Worker> all(Workers workers) {
    List<Worker> all = new ArrayList<>();
    workers.forEach(all::add);
    return List.copyOf(all);
  }

  /** Whether connections are not taken for now, though there is a version. From any thread. */
  boolean held() {
    return held;
  }

  /** Accepts nothing while resources are short; who is taken already is served. */
  void hold(boolean on) {
    if (held != on) {
      held = on;
      accept(!on && serving != null);
    }
  }

  /** Accepts nothing for now; connections wait in the kernel. */
  void pause() {
    serving = null;
    accept(false);
  }

  // On their loops: from elsewhere Netty lets one more in.
  private void accept(boolean on) {
    if (quic != null) {
      return; // connections share its sockets: who arrives is looked at one by one
    }
    listening.forEach(c -> c.eventLoop().execute(() -> c.config().setAutoRead(on)));
  }

  /** Gives the address back, soon. Harmless twice. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    serving = null;
    unpark();
    if (listening.isEmpty()) {
      bound.forEach(ListenSocket::closeQuietly);
      gone.complete(null);
    } else if (quic != null) {
      quic.gone().thenRun(() -> gone.complete(null));
      quic.release();
    } else {
      AtomicInteger left = new AtomicInteger(listening.size());
      for (Channel channel : listening) {
        channel
            .close()
            .addListener(
                f -> {
                  if (left.decrementAndGet() == 0) {
                    gone.complete(null);
                  }
                });
      }
    }
    if (key.address().address() instanceof Address.Pipe pipe) {
      try {
        deleteSocket(pipe);
      } catch (IOException e) {
        log.warn("cannot remove '{}': {}", pipe.path(), e.toString());
      }
    }
  }

  /** Whether it takes no connection any more as soon as it is closed, and is not gone then. */
  boolean outlastsItsEnd() {
    return quic != null;
  }

  /** Completes when the address has been given back: for QUIC, when its connections have ended. */
  CompletableFuture<Void> gone() {
    return gone;
  }

  private static void deleteSocket(Address.Pipe pipe) throws IOException {
    Path path = new File(pipe.path()).toPath();
    if (Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path)) {
      Files.delete(path);
    }
  }

  private static void closeQuietly(BoundSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      log.warn("cannot close the socket of {}: {}", socket.address(), e.toString());
    }
  }
}
