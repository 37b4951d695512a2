package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.bootstrap.Servers;
import io.bifocal.xds.bootstrap.StreamSettings;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.load.LoadObserver;
import io.bifocal.xds.load.LoadReporter;
import io.bifocal.xds.load.LoadSource;
import io.bifocal.xds.resource.Decoder;
import io.bifocal.xds.rest.RestTransport;
import io.bifocal.xds.source.Sources;
import io.bifocal.xds.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client of a control plane: one aggregated stream for all types, state-of-the-world or
 * incremental. Embedders use {@link #watch}; a data plane that accepts, rejects and warms as Envoy
 * does uses {@link #subscriptions}. Both may be used together.
 */
public final class XdsClient implements AutoCloseable {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();
  private static final String EVERYTHING = "";

  private record Key(String typeUrl, String name) {}

  private final Loop loop;
  private final @Nullable ThreadLoop ownLoop;
  private final @Nullable ExecutorService ownDecoder;
  private final Executor decode;
  private final @Nullable StreamSettings settings;
  private final ChannelFactory channelFactory;
  private final @Nullable ManagedChannel borrowed;
  private final @Nullable Transport transport;
  private final Sources source;
  private final Map<GrpcService, ManagedChannel> channels = new ConcurrentHashMap<>();
  private final Map<Key, Watched<?>> watched = new HashMap<>();
  private final List<LoadReporter> reporters = new ArrayList<>();
  private final Node node;
  private final Servers servers;
  private final DoubleSupplier chance;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  private XdsClient(Builder builder) {
    settings = builder.ads == null ? null : StreamSettings.ofAds(builder.ads, builder.servers);
    if (builder.loop == null) {
      ownLoop = ThreadLoop.start("xds");
      loop = ownLoop;
    } else {
      ownLoop = null;
      loop = builder.loop;
    }
    if (builder.decodeExecutor == null) {
      ownDecoder = Executors.newSingleThreadExecutor(XdsClient::decoderThread);
      decode = ownDecoder;
    } else {
      ownDecoder = null;
      decode = builder.decodeExecutor;
    }
    node = builder.node;
    servers = builder.servers;
    chance = builder.chance;
    channelFactory = builder.channelFactory;
    borrowed = builder.channel;
    transport = builder.transport;
    source =
        Sources.of(
            settings,
            new Sources.Tools(
                loop,
                decode,
                new Decoder(builder.rejectUnknownFields),
                builder.chance,
                builder.observer,
                builder.node,
                builder.servers,
                new Sources.Ways(
                    this::transport,
                    builder.restTransport.apply(loop, decode),
                    builder.fileWatcher.apply(loop))));
  }

  private static Thread decoderThread(Runnable task) {
    Thread thread = new Thread(task, "xds-decode");
    thread.setDaemon(true);
    return thread;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The plain door, to be used on the client's loop. */
  public Subscriptions subscriptions() {
    return source;
  }

  /**
   * Opens the stream to the control plane, which connects in its own time; what was subscribed
   * before is remembered. May be called on any thread; harmless twice.
   *
   * @throws IllegalArgumentException when the channel factory does not serve the configured kind
   */
  public void start() {
    if (closed.get() || started.getAndSet(true)) {
      return;
    }
    if (settings != null) {
      // Here, so that whoever starts hears what is wrong.
      var unused = transport(settings.service());
    }
    onLoop(source::start);
  }

  private Transport transport(GrpcService service) {
    return transport != null ? transport : Transport.over(channel(service), service, loop, decode);
  }

  // One channel per server, whatever the number of streams.
  private ManagedChannel channel(GrpcService service) {
    return borrowed != null ? borrowed : channels.computeIfAbsent(service, channelFactory::open);
  }

  /**
   * Watches one resource. May be called on any thread; the listener is called on the client's loop
   * and must not block. What is known already is replayed to it.
   */
  public <T extends Message> Watch<T> watch(
      ResourceType<T> type, String name, WatchListener<T> listener) {
    return watch(type, name, listener, null);
  }

  /**
   * As {@link #watch(ResourceType, String, WatchListener)}, with the listener on an executor of
   * yours, which must run its tasks in order; the ACK waits for it.
   */
  public <T extends Message> Watch<T> watch(
      ResourceType<T> type, String name, WatchListener<T> listener, @Nullable Executor executor) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a name is needed; watchAll watches all of a type");
    }
    return open(type, name, listener, executor);
  }

  /** Watches all resources of a type that the control plane has for this node. */
  public <T extends Message> Watch<T> watchAll(ResourceType<T> type, WatchListener<T> listener) {
    return watchAll(type, listener, null);
  }

  /** As {@link #watchAll(ResourceType, WatchListener)}, with the listener on an executor. */
  public <T extends Message> Watch<T> watchAll(
      ResourceType<T> type, WatchListener<T> listener, @Nullable Executor executor) {
    return open(type, EVERYTHING, listener, executor);
  }

  private <T extends Message> Watch<T> open(
      ResourceType<T> type, String name, WatchListener<T> listener, @Nullable Executor executor) {
    Key key = new Key(type.typeUrl(), name);
    Watching<T> watch = new Watching<>(listener, executor, loop, w -> leave(key, w));
    onLoop(() -> join(type, key, watch));
    return watch;
  }

  private <T extends Message> void join(ResourceType<T> type, Key key, Watching<T> watch) {
    if (closed.get()) {
      watch.close();
      return;
    }
    @SuppressWarnings("unchecked") // the key holds the type's URL
    Watched<T> known = (Watched<T>) watched.get(key);
    if (known != null) {
      known.add(watch);
      return;
    }
    Watched<T> fresh = new Watched<>();
    watched.put(key, fresh);
    fresh.add(watch);
    Set<String> names = key.name().equals(EVERYTHING) ? Set.of() : Set.of(key.name());
    fresh.subscribed(source.subscribe(ADS, type, names, fresh, SubscriptionObserver.NONE));
  }

  private <T extends Message> void leave(Key key, Watching<T> watch) {
    @SuppressWarnings("unchecked") // the key holds the type's URL
    Watched<T> shared = (Watched<T>) watched.get(key);
    if (shared != null && shared.remove(watch)) {
      watched.remove(key);
    }
  }

  /**
   * Reports load to a server over gRPC until the reporter is closed, which the client's own close
   * does too. To be called on the client's loop.
   *
   * @throws IllegalArgumentException when the server is of a kind that is not served, saying so
   */
  public LoadReporter reportLoad(ApiConfigSource server, LoadSource load, LoadObserver observer) {
    loop.assertInLoop();
    StreamSettings reports = StreamSettings.ofAds(server, servers);
    LoadReporter reporter =
        new LoadReporter(reports, node, transport(reports.service()), load, observer, loop, chance);
    reporters.add(reporter);
    reporter.start();
    return reporter;
  }

  private void onLoop(Runnable task) {
    if (loop.inLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  /** Ends the stream, and with it what the client made itself. Harmless twice. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    onLoop(
        () -> {
          reporters.forEach(LoadReporter::close);
          source.close();
          List.copyOf(watched.values()).forEach(Watched::end);
          channels.values().forEach(ManagedChannel::shutdownNow);
          if (ownDecoder != null) {
            ownDecoder.shutdown();
          }
        });
    if (ownLoop != null) {
      ownLoop.close();
    }
  }

  /** What a client is made of; only a node and a control plane need to be given. */
  public static final class Builder {
    private Node node = Node.getDefaultInstance();
    private @Nullable ApiConfigSource ads;
    private @Nullable Loop loop;
    private ChannelFactory channelFactory = new GrpcChannels();
    private @Nullable ManagedChannel channel;
    private @Nullable Transport transport;
    private TransportObserver observer = TransportObserver.NONE;
    private Servers servers = Servers.ANY;
    private BiFunction<Loop, Executor, RestTransport> restTransport =
        (loop, executor) -> RestTransport.none(loop);
    private Function<Loop, FileWatcher> fileWatcher = FileWatcher::onFileSystem;
    private @Nullable Executor decodeExecutor;
    private boolean rejectUnknownFields;
    private DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();

    private Builder() {}

    /** Who we are; {@code user_agent_name} is filled in if it is empty. */
    public Builder node(Node node) {
      this.node =
          node.getUserAgentName().isEmpty()
              ? node.toBuilder().setUserAgentName("bifocal").build()
              : node;
      return this;
    }

    /**
     * The control plane of the aggregated stream, {@code GRPC} or {@code DELTA_GRPC}. Without it
     * nothing is ever fetched.
     */
    public Builder ads(ApiConfigSource ads) {
      this.ads = ads;
      return this;
    }

    /**
     * Node, control plane and servers as Envoy's bootstrap says them. A server that is polled
     * ({@code REST}) is found in the static clusters' own addresses, unless {@link #restTransport}
     * says otherwise.
     */
    public Builder bootstrap(Bootstrap bootstrap) {
      node(bootstrap.getNode());
      servers = Servers.of(bootstrap);
      restTransport = (loop, executor) -> RestTransport.toStaticClusters(bootstrap, loop, executor);
      if (bootstrap.getDynamicResources().hasAdsConfig()) {
        ads(bootstrap.getDynamicResources().getAdsConfig());
      }
      return this;
    }

    /**
     * A channel of yours to the control plane, state-of-the-world unless {@link #ads} says
     * otherwise. The client does not shut it down.
     */
    public Builder channel(ManagedChannel channel) {
      this.channel = channel;
      if (ads == null) {
        ads =
            ApiConfigSource.newBuilder()
                .setApiType(ApiConfigSource.ApiType.GRPC)
                .addGrpcServices(GrpcService.getDefaultInstance())
                .build();
      }
      return this;
    }

    /** Opens channels by configuration; the default serves {@code google_grpc}. */
    public Builder channelFactory(ChannelFactory channelFactory) {
      this.channelFactory = channelFactory;
      return this;
    }

    /** Which servers a source may name; any, unless a bootstrap or this says otherwise. */
    public Builder servers(Servers servers) {
      this.servers = servers;
      return this;
    }

    /** Asks control planes that are polled. */
    public Builder restTransport(RestTransport restTransport) {
      this.restTransport = (loop, executor) -> restTransport;
      return this;
    }

    Builder fileWatcher(FileWatcher fileWatcher) {
      this.fileWatcher = loop -> fileWatcher;
      return this;
    }

    /** The loop to live on; the default is a thread of its own, which ends with the client. */
    public Builder loop(Loop loop) {
      this.loop = loop;
      return this;
    }

    public Builder transportObserver(TransportObserver observer) {
      this.observer = observer;
      return this;
    }

    /** Where responses are parsed and checked; the default is a daemon thread of its own. */
    public Builder decodeExecutor(Executor decodeExecutor) {
      this.decodeExecutor = decodeExecutor;
      return this;
    }

    /** Whether a resource with fields that this build does not know is refused. */
    public Builder rejectUnknownFields(boolean reject) {
      this.rejectUnknownFields = reject;
      return this;
    }

    /** Uniform in [0, 1), for the jitter of delays. */
    public Builder chance(DoubleSupplier chance) {
      this.chance = chance;
      return this;
    }

    Builder transport(Transport transport) {
      this.transport = transport;
      return this;
    }

    /**
     * Makes the client; nothing is opened yet.
     *
     * @throws IllegalArgumentException when {@code ads} is of a kind that is not served, saying so
     */
    public XdsClient build() {
      return new XdsClient(this);
    }
  }
}
