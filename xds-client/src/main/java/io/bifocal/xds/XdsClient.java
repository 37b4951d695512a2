package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Redaction;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.source.Sources;
import io.bifocal.xds.internal.status.ClientStatusService;
import io.bifocal.xds.internal.tree.Tree;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.BindableService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A client of a control plane: one aggregated stream for all types, state-of-the-world or
 * incremental, and whatever other sources a configuration names. Embedders watch one resource
 * ({@link #watch}), all of a type ({@link #watchAll}), or a resolved tree ({@link #listener},
 * {@link #cluster}); a data plane that accepts, rejects and warms as Envoy does uses {@link
 * #subscriptions}. All may be used together. Watches of the same thing share one subscription,
 * which ends with the last of them.
 *
 * <p>All methods may be called on any thread, but {@link #subscriptions}. Listeners are called on
 * the client's loop, where they must not block, or on an executor given with them.
 */
public final class XdsClient implements AutoCloseable {
  private final Threads threads;
  private final @Nullable StreamSettings settings;
  private final Node node;
  private final SharedChannels channels;
  private final Sources source;
  private final Watches watches;
  private final Turns turns;
  private final OpenWatches open;
  private final LoadReports reports;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  XdsClient(XdsClientBuilder builder) {
    settings = builder.ads == null ? null : StreamSettings.ofAds(builder.ads, builder.servers);
    node = builder.node;
    threads = new Threads(builder.loop, builder.decodeExecutor);
    Loop loop = threads.loop();
    Executor decode = threads.decode();
    channels =
        new SharedChannels(
            loop,
            decode,
            builder.channelFactory == null
                ? new ClusterChannels(builder.statics)
                : builder.channelFactory,
            builder.channel,
            builder.resources == null ? builder.transport : builder.resources.transport(loop));
    source =
        Sources.of(
            settings,
            new Sources.Tools(
                loop,
                decode,
                new Decoder(builder.rejectUnknownFields),
                builder.chance,
                builder.observer,
                node,
                builder.servers,
                new Sources.Ways(
                    channels::to,
                    builder.restTransport.apply(loop, decode),
                    builder.fileWatcher.apply(loop))));
    watches = new Watches(loop, source, builder.statics, builder.sources, settings != null);
    turns = new Turns(loop, watches, source);
    open = new OpenWatches(threads);
    reports = new LoadReports(threads, channels, node, builder.servers, builder.chance);
  }

  /** Starts the making of a client. */
  public static XdsClientBuilder builder() {
    return new XdsClientBuilder();
  }

  /**
   * A client by a bootstrap in a file, started; {@link XdsClientBuilder#bootstrap(Path)} says more.
   *
   * @throws ConfigException when the file cannot be read or taken, saying where and why
   */
  public static XdsClient start(Path bootstrap) throws ConfigException {
    XdsClient client = builder().bootstrap(bootstrap).build();
    client.start();
    return client;
  }

  /** The plain door, to be used on the client's loop. */
  public Subscriptions subscriptions() {
    return source;
  }

  /**
   * Opens the stream to the control plane, which connects in its own time; what was watched before
   * is remembered. Harmless twice.
   *
   * @throws IllegalArgumentException when the channel factory does not serve the configured kind
   */
  public void start() {
    if (closed.get() || started.getAndSet(true)) {
      return;
    }
    if (settings != null) {
      // Here, so that whoever starts hears what is wrong.
      settings.servers().forEach(channels::to);
    }
    threads.onLoop(source::start);
  }

  // --- watches

  /**
   * Watches one resource, with its listener on the client's loop. It comes from where the bootstrap
   * says that its type comes from, else from the aggregated stream; a static resource of that name
   * stands in for it.
   *
   * @throws IllegalArgumentException when the name is empty
   */
  public <T extends Message> Watch<Resource<T>> watch(
      ResourceType<T> type, String name, WatchListener<Resource<T>> listener) {
    return watch(type, name, listener, null);
  }

  /**
   * As {@link #watch(ResourceType, String, WatchListener)}, with the listener on an executor, which
   * may have many threads; the answer to the control plane waits for it.
   */
  public <T extends Message> Watch<Resource<T>> watch(
      ResourceType<T> type,
      String name,
      WatchListener<Resource<T>> listener,
      @Nullable Executor executor) {
    requireName(name, "watchAll watches all of a type");
    return open.resources(
        watches.place(type, name),
        listener,
        executor,
        inForce -> inForce.values().stream().findFirst());
  }

  /**
   * Watches all resources of a type that the control plane has for this node; the listener hears of
   * each that is new, changed or gone.
   */
  public <T extends Message> Watch<Map<String, Resource<T>>> watchAll(
      ResourceType<T> type, WatchListener<Resource<T>> listener) {
    return watchAll(type, listener, null);
  }

  /** As {@link #watchAll(ResourceType, WatchListener)}, with the listener on an executor. */
  public <T extends Message> Watch<Map<String, Resource<T>>> watchAll(
      ResourceType<T> type, WatchListener<Resource<T>> listener, @Nullable Executor executor) {
    return open.resources(
        watches.place(type, Watches.EVERYTHING), listener, executor, Optional::of);
  }

  /**
   * Watches a listener with its route configurations, their clusters and the endpoints of these, on
   * the client's loop. A snapshot comes when each of its parts is there or known to be missing.
   *
   * @throws IllegalArgumentException when the name is empty
   */
  public Watch<ListenerSnapshot> listener(String name, WatchListener<ListenerSnapshot> listener) {
    return listener(name, listener, null);
  }

  /** As {@link #listener(String, WatchListener)}, with the listener on an executor. */
  public Watch<ListenerSnapshot> listener(
      String name, WatchListener<ListenerSnapshot> listener, @Nullable Executor executor) {
    requireName(name, "a tree has one root");
    return open.tree(
        ResourceType.LISTENER,
        name,
        listener,
        executor,
        judge ->
            Tree.ofListener(
                turns,
                judge,
                watches.sourceOf(ResourceType.LISTENER),
                watches.sourceOf(ResourceType.CLUSTER),
                name));
  }

  /**
   * Watches a cluster with its endpoints, on the client's loop.
   *
   * @throws IllegalArgumentException when the name is empty
   */
  public Watch<ClusterSnapshot> cluster(String name, WatchListener<ClusterSnapshot> listener) {
    return cluster(name, listener, null);
  }

  /** As {@link #cluster(String, WatchListener)}, with the listener on an executor. */
  public Watch<ClusterSnapshot> cluster(
      String name, WatchListener<ClusterSnapshot> listener, @Nullable Executor executor) {
    requireName(name, "a tree has one root");
    return open.tree(
        ResourceType.CLUSTER,
        name,
        listener,
        executor,
        judge -> Tree.ofCluster(turns, judge, watches.sourceOf(ResourceType.CLUSTER), name));
  }

  private static void requireName(String name, String otherwise) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a name is needed; " + otherwise);
    }
  }

  // --- readiness

  /** Completes when all watches that are open now are ready. */
  public CompletableFuture<Void> ready() {
    return open.ready();
  }

  /**
   * Waits until all watches that are open now are ready; for main threads.
   *
   * @throws NotReadyException when the time is over, saying what is missing and why
   * @throws IllegalStateException on the client's loop, which must not wait for itself
   */
  public void awaitReady(Duration timeout) throws NotReadyException, InterruptedException {
    open.awaitReady(timeout);
  }

  /**
   * Reports load to a server over gRPC until that is closed, which the client's own close does too.
   * May be called on any thread; {@code load} and {@code observer} are called on the client's loop.
   *
   * @throws IllegalArgumentException when the server is of a kind that is not served, saying so
   */
  public LoadReporting reportLoad(ApiConfigSource server, LoadSource load, LoadObserver observer) {
    return reports.begin(server, load, observer);
  }

  /**
   * What is held of all that is watched, trees' parts included, and of all that was subscribed by
   * {@link #subscriptions}, as of one moment: the matter of a client status response. Secrets are
   * in it as they are: redact before you show them, or leave it to {@link #statusService}.
   */
  public CompletableFuture<List<ResourceStatus>> dump() {
    CompletableFuture<List<ResourceStatus>> dump = new CompletableFuture<>();
    threads.onLoop(
        () -> {
          List<ResourceStatus> all = new ArrayList<>(source.statuses());
          all.addAll(watches.fixedStatuses());
          dump.complete(all);
        });
    return dump;
  }

  /**
   * The client status discovery service (CSDS) for a gRPC server of the embedder's: {@link #dump}
   * as the API has it, secrets redacted. {@code node_matchers} are honoured; of a kind that is not
   * served, they are refused with {@code INVALID_ARGUMENT}. What concerns all of a type is named
   * {@code *}.
   */
  public BindableService statusService() {
    return new ClientStatusService(node, this::dump, Redaction::of);
  }

  /** The same with secrets as they are, for servers that only the trusted can reach. */
  public BindableService unredactedStatusService() {
    return new ClientStatusService(node, this::dump, message -> message);
  }

  /** How many different things are watched; on the loop. */
  int watched() {
    return watches.size();
  }

  /**
   * Ends the streams, all watches, and what the client made itself: its threads, timers and
   * channels. Waits for its own loop, unless called on it. Harmless twice.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    threads.end(
        () -> {
          reports.close();
          source.close();
          open.close();
          channels.close();
        });
  }
}
