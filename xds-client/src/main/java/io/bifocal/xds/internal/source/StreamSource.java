package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.state.Surroundings;
import io.bifocal.xds.internal.state.TypeState;
import io.bifocal.xds.internal.stream.Dialect;
import io.bifocal.xds.internal.stream.DiscoveryStream;
import io.bifocal.xds.time.Loop;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What comes over one stream: all types, or one for which the stream was opened. */
final class StreamSource<Q extends Message, R extends Message>
    implements Source, DiscoveryStream.Events<R>, Inbox.Stream {
  private final Dialect<Q, R> dialect;
  private final MethodDescriptor<Q, R> method;
  private final @Nullable StreamSettings settings;
  private final Sources.Tools tools;
  private final Loop loop;
  private final TypesOfStream<Q> types;
  private final Inbox<Q, R> inbox;
  private @Nullable DiscoveryStream<Q> stream;
  private boolean readingPaused;
  private boolean closed;
  private boolean flushing;
  private long tickets;
  private int pendingTold;
  private String identifier = "";

  private StreamSource(
      Dialect<Q, R> dialect,
      MethodDescriptor<Q, R> method,
      @Nullable StreamSettings settings,
      Sources.Tools tools) {
    this.dialect = dialect;
    this.method = method;
    this.settings = settings;
    this.tools = tools;
    this.loop = tools.loop();
    this.types =
        new TypesOfStream<>(
            dialect,
            new Surroundings(
                loop,
                tools.chance(),
                () -> tickets++,
                this::flush,
                tools.refused(),
                tools.observer()));
    this.inbox = new Inbox<>(dialect, types, tools, this);
  }

  /**
   * For all types.
   *
   * @param settings null when there is no server: what is subscribed waits in vain
   */
  static StreamSource<?, ?> aggregated(@Nullable StreamSettings settings, Sources.Tools tools) {
    return settings != null && settings.delta()
        ? aggregated(Dialect.delta(), settings, tools)
        : aggregated(Dialect.stateOfTheWorld(), settings, tools);
  }

  private static <Q extends Message, R extends Message> StreamSource<Q, R> aggregated(
      Dialect<Q, R> dialect, @Nullable StreamSettings settings, Sources.Tools tools) {
    return new StreamSource<>(dialect, dialect.aggregated(), settings, tools);
  }

  /**
   * For one type.
   *
   * @throws IllegalArgumentException when the type has no service of its own
   */
  static StreamSource<?, ?> of(ResourceType<?> type, StreamSettings settings, Sources.Tools tools) {
    return settings.delta()
        ? of(Dialect.delta(), type, settings, tools)
        : of(Dialect.stateOfTheWorld(), type, settings, tools);
  }

  private static <Q extends Message, R extends Message> StreamSource<Q, R> of(
      Dialect<Q, R> dialect, ResourceType<?> type, StreamSettings settings, Sources.Tools tools) {
    MethodDescriptor<Q, R> method =
        dialect
            .own(type)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "api_config_source: there is no service for " + type + " alone"));
    return new StreamSource<>(dialect, method, settings, tools);
  }

  @Override
  public void start() {
    if (settings == null || stream != null || closed) {
      return;
    }
    stream =
        DiscoveryStream.of(
            settings.servers().stream().map(s -> tools.ways().grpc().apply(s)).toList(),
            method,
            dialect::withNode,
            tools.node(),
            settings,
            loop,
            tools.chance(),
            tools.observer(),
            this);
    stream.start();
  }

  @Override
  public <T extends Message> Subscription subscribe(
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout) {
    if (dialect.own(type).isEmpty() && Dialect.delta().own(type).isPresent()) {
      throw new IllegalArgumentException(
          type + " is there in the incremental dialect only: its source must use DELTA_GRPC");
    }
    return types.subscribed(type).subscribe(names, watcher, observer, initialFetchTimeout);
  }

  Hold hold(ResourceType<?> type) {
    return types.stateOf(type).hold();
  }

  // --- requests

  // Not entered twice: a request that becomes due while one is sent is found by the loop below.
  private void flush() {
    if (stream == null || closed || flushing) {
      return;
    }
    flushing = true;
    try {
      for (TypeState<Q, ?> due = types.due(); due != null && stream.maySend(); due = types.due()) {
        stream.send(due.next());
      }
    } finally {
      flushing = false;
    }
    tellPending();
    resumeReading(stream);
  }

  private void tellPending() {
    int pending = types.pending();
    if (pending != pendingTold) {
      pendingTold = pending;
      tools.observer().onPendingRequests(pending);
    }
  }

  // --- the stream's events

  @Override
  public void onOpened() {
    readingPaused = false;
    types.onOpened();
  }

  @Override
  public void onMaySend() {
    flush();
  }

  @Override
  public void onBroken(String why) {
    XdsError.Disconnected error =
        new XdsError.Disconnected("the stream to the control plane is closed: " + why);
    types.onBroken(error);
    tellPending();
  }

  @Override
  public void onResponse(R response) {
    String name = dialect.identifier(response);
    if (!name.isEmpty() && !name.equals(identifier)) {
      identifier = name;
      tools.observer().onIdentifier(name);
    }
    inbox.add(response, stream == null ? -1 : stream.opening());
  }

  @Override
  public boolean isPresent(int opening) {
    return stream != null && opening == stream.opening();
  }

  @Override
  public void dealtWith(int opening) {
    if (stream != null && isPresent(opening)) {
      readingPaused = true;
      resumeReading(stream);
    }
  }

  // A server that does not read its answers, or whose responses nobody can judge yet, must not fill
  // the memory with either.
  private void resumeReading(DiscoveryStream<Q> from) {
    if (readingPaused && pendingTold == 0 && !types.full()) {
      readingPaused = false;
      from.request();
    }
  }

  @Override
  public List<ResourceStatus> statuses() {
    return types.statuses();
  }

  @Override
  public void close() {
    loop.assertInLoop();
    if (closed) {
      return;
    }
    closed = true;
    inbox.close();
    types.close();
    if (stream != null) {
      stream.close();
    }
  }
}
