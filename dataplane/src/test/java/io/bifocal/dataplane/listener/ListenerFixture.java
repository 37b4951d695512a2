package io.bifocal.dataplane.listener;

import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.StringValue;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.AccessLogFactory;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.secret.SecretManager;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.slf4j.event.Level;

/**
 * A listener manager with real sockets and workers, whose control plane and clock are the test. The
 * terminal filter greets with its configuration's text and then sends back what it gets.
 */
final class ListenerFixture implements AutoCloseable {
  static final Duration DRAIN_TIME = Duration.ofMinutes(10);
  static final ConfigSource LDS = ConfigSource.getDefaultInstance();

  /** What a chain of QUIC must have; here it greets, too. */
  private static final String MANAGER =
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

  final Control control = new Control();
  final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  final SecretManager secrets =
      new SecretManager(control, xds, name -> io.bifocal.xds.SubscriptionObserver.NONE);
  final ScriptedRuntime runtime = new ScriptedRuntime();
  final Workers workers;
  final StatsStore stats;
  final Map<String, InitManager.Target> unready = new LinkedHashMap<>();
  final List<String> drained = new CopyOnWriteArrayList<>();
  final List<String> closed = new CopyOnWriteArrayList<>();
  final List<DownstreamConnection> connections = new CopyOnWriteArrayList<>();
  final List<String> failures = new CopyOnWriteArrayList<>();
  final List<String> logged = new CopyOnWriteArrayList<>();
  final ListenerManager manager;
  private boolean open = true;

  ListenerFixture() {
    this(Transport.best(), 2);
  }

  ListenerFixture(Transport transport, int concurrency) {
    workers = Workers.start(concurrency, transport);
    stats = new StatsStore(concurrency);
    Registry<NetworkFilterFactory> filters =
        new Registry<NetworkFilterFactory>()
            .register(
                "type.googleapis.com/google.protobuf.StringValue",
                (any, context) -> {
                  String text = Unpack.as(StringValue.getDefaultInstance(), any).getValue();
                  if (text.startsWith("slow")) {
                    unready.put(text, context.init().register(text));
                  }
                  return new Greeter(text);
                })
            .register(MANAGER, (any, context) -> new Greeter("http"));
    Registry<AccessLogFactory> logs =
        new Registry<AccessLogFactory>()
            .register(
                "type.googleapis.com/google.protobuf.StringValue",
                any ->
                    info -> {
                      failures.add(info.downstreamTransportFailureReason);
                      logged.add(info.filterChainName + " " + info.connectionId);
                    });
    manager =
        new ListenerManager(
            control,
            xds,
            stats,
            workers,
            filters,
            new AccessLogs(logs, runtime),
            new TransportSockets(secrets),
            runtime,
            Overload.unwatched(),
            Level.INFO,
            DRAIN_TIME);
  }

  /** The test's thread is the control loop; what workers hand it waits for {@link #pump}. */
  static final class Control implements Loop {
    final VirtualTime time = new VirtualTime();
    private final Thread thread = Thread.currentThread();
    private final Queue<Runnable> handed = new ConcurrentLinkedQueue<>();

    @Override
    public long nanoTime() {
      return time.nanoTime();
    }

    @Override
    public Instant wallTime() {
      return time.wallTime();
    }

    @Override
    public boolean inLoop() {
      return Thread.currentThread().equals(thread);
    }

    @Override
    public void execute(Runnable task) {
      handed.add(task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      assertInLoop();
      return time.schedule(delay, task);
    }
  }

  /** What a filter of that text waited for has come. */
  void ready(String text) {
    java.util.Objects.requireNonNull(unready.get(text)).ready();
  }

  void pump() {
    for (Runnable task = control.handed.poll(); task != null; task = control.handed.poll()) {
      task.run();
    }
    control.time.run();
  }

  void advance(Duration by) {
    control.time.advance(by);
    pump();
  }

  void until(BooleanSupplier condition) {
    await()
        .pollInSameThread()
        .until(
            () -> {
              pump();
              return condition.getAsBoolean();
            });
  }

  /** Started, with LDS, and accepting. */
  ListenerFixture started() {
    manager.start(LDS, io.bifocal.xds.SubscriptionObserver.NONE, () -> {});
    manager.startWorkers();
    return this;
  }

  private final class Greeter implements NetworkFilter {
    private final String text;

    Greeter(String text) {
      this.text = text;
    }

    @Override
    public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
      worker.loop().assertInLoop();
      connections.add(connection);
      downstream.pipeline().addLast(new Echo(text));
      downstream.config().setAutoRead(true);
    }

    @Override
    public void drain() {
      drained.add(text);
    }

    @Override
    public void close() {
      closed.add(text);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored")
  private static final class Echo extends ChannelInboundHandlerAdapter {
    private final String text;

    Echo(String text) {
      this.text = text;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      ctx.writeAndFlush(Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ctx.writeAndFlush(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  // ---- configurations

  static Address ip(String ip, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(ip).setPortValue(port))
        .build();
  }

  static Address pipe(String path) {
    return Address.newBuilder().setPipe(Pipe.newBuilder().setPath(path)).build();
  }

  static FilterChain chain(String text) {
    return FilterChain.newBuilder()
        .setName(text)
        .addFilters(
            Filter.newBuilder().setName("greeter").setTypedConfig(Any.pack(StringValue.of(text))))
        .build();
  }

  static Listener listener(String name, Address address, String text) {
    return Listener.newBuilder()
        .setName(name)
        .setAddress(address)
        .addFilterChains(chain(text))
        .build();
  }

  static Listener listener(String name, int port, String text) {
    return listener(name, ip("127.0.0.1", port), text);
  }

  static UInt32Value uint(int value) {
    return UInt32Value.of(value);
  }

  // ---- what is seen from outside

  int port(String listener) {
    return ((InetSocketAddress) manager.addresses(listener).get(0)).getPort();
  }

  /**
   * A port that nobody had a moment ago, below those that the kernel gives to clients: no
   * connection takes it meanwhile.
   */
  static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddresses.forString("127.0.0.1"))) {
        return free.getLocalPort();
      } catch (BindException e) {
        // Somebody has it: another, then.
      }
    }
  }

  long counter(String name) {
    return stats.counters().stream()
        .filter(c -> c.name().full().equals(name))
        .findFirst()
        .orElseThrow()
        .value();
  }

  long gauge(String name) {
    return stats.gauges().stream()
        .filter(c -> c.name().full().equals(name))
        .findFirst()
        .orElseThrow()
        .value();
  }

  static Client connect(int port) throws IOException {
    return new Client("127.0.0.1", port);
  }

  static boolean refused(int port) {
    try {
      connect(port).close();
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** A client that reads lines. */
  static final class Client implements AutoCloseable {
    final Socket socket;
    private final BufferedReader in;

    Client(String ip, int port) throws IOException {
      socket = new Socket();
      socket.setSoTimeout(10_000);
      socket.connect(new InetSocketAddress(InetAddresses.forString(ip), port), 10_000);
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    String line() throws IOException {
      return String.valueOf(in.readLine());
    }

    String echo(String text) throws IOException {
      socket.getOutputStream().write((text + "\n").getBytes(StandardCharsets.UTF_8));
      return line();
    }

    /** Whether the other side has closed; waits for it. */
    boolean ended() {
      try {
        return in.readLine() == null;
      } catch (IOException e) {
        return true;
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  static List<String> greetings(int port, int times) throws IOException {
    List<String> greetings = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      try (Client client = connect(port)) {
        greetings.add(client.line());
      }
    }
    return greetings;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      manager.close();
      workers.close();
    }
  }
}
