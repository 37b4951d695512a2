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
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.state.Surroundings;
import io.bifocal.xds.internal.state.TypeState;
import io.bifocal.xds.internal.stream.Dialect;
import io.bifocal.xds.internal.stream.DiscoveryStream;
import io.bifocal.xds.time.Loop;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The types of one stream: all of them, or one for which the stream was opened. Answers go out
 * first, in the order in which they became due; then what else the server must hear, in the order
 * in which the types were first subscribed.
 */
final class StreamSource<Q extends Message, R extends Message>
    implements Source, DiscoveryStream.Events<R> {
  private static final Logger log = LoggerFactory.getLogger(StreamSource.class);

  /** Responses of one type that may wait for their watchers before no more are let in. */
  private static final int MAX_UNSETTLED = 64;

  /** Type URLs nobody asked for that are logged; a server could invent any number of them. */
  private static final int STRANGERS_LOGGED = 20;

  /** A response that waits for the decode executor, and the opening of the stream it came on. */
  private record Arrived<R>(R response, int opening) {}

  private final Dialect<Q, R> dialect;
  private final MethodDescriptor<Q, R> method;
  private final @Nullable StreamSettings settings;
  private final Sources.Tools tools;
  private final Decoder decoder;
  private final Loop loop;
  private final Surroundings surroundings;
  private final Map<String, TypeState<Q, ?>> types = new LinkedHashMap<>();
  private final Set<TypeState<Q, ?>> subscribed = new LinkedHashSet<>();
  private final Queue<Arrived<R>> inbox = new ArrayDeque<>();
  private @Nullable DiscoveryStream<Q> stream;
  private final Set<String> strangers = new HashSet<>();
  private boolean decoding;
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
    this.decoder = tools.decoder().ofOneStream();
    this.loop = tools.loop();
    this.surroundings =
        new Surroundings(
            loop, tools.chance(), () -> tickets++, this::flush, tools.refused(), tools.observer());
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
    TypeState<Q, T> state = stateOf(type);
    subscribed.add(state);
    return state.subscribe(names, watcher, observer, initialFetchTimeout);
  }

  Hold hold(ResourceType<?> type) {
    return stateOf(type).hold();
  }

  private <T extends Message> TypeState<Q, T> stateOf(ResourceType<T> type) {
    TypeState<Q, ?> known = types.get(type.typeUrl());
    if (known == null) {
      TypeState<Q, T> fresh = dialect.stateOf(type, surroundings);
      types.put(type.typeUrl(), fresh);
      return fresh;
    }
    if (known.type().prototype().getClass() != type.prototype().getClass()) {
      throw new IllegalArgumentException(type + " and " + known.type() + " share a type URL");
    }
    @SuppressWarnings("unchecked") // one type URL, one message class
    TypeState<Q, T> state = (TypeState<Q, T>) known;
    return state;
  }

  // --- requests

  // Not entered twice: a request that becomes due while one is sent is found by the loop below.
  private void flush() {
    if (stream == null || closed || flushing) {
      return;
    }
    flushing = true;
    try {
      for (TypeState<Q, ?> due = due(); due != null && stream.maySend(); due = due()) {
        stream.send(due.next());
      }
    } finally {
      flushing = false;
    }
    tellPending();
    resumeReading(stream);
  }

  private @Nullable TypeState<Q, ?> due() {
    TypeState<Q, ?> answering =
        subscribed.stream().min(Comparator.comparingLong(TypeState::answerTicket)).orElse(null);
    if (answering == null || answering.answerTicket() != Long.MAX_VALUE) {
      return answering;
    }
    return subscribed.stream().filter(TypeState::changeDue).findFirst().orElse(null);
  }

  private void tellPending() {
    int pending =
        (int)
            subscribed.stream()
                .filter(t -> t.changeDue() || t.answerTicket() != Long.MAX_VALUE)
                .count();
    if (pending != pendingTold) {
      pendingTold = pending;
      tools.observer().onPendingRequests(pending);
    }
  }

  // --- the stream's events

  @Override
  public void onOpened() {
    readingPaused = false;
    types.values().forEach(TypeState::onOpened);
  }

  @Override
  public void onMaySend() {
    flush();
  }

  @Override
  public void onBroken(String why) {
    XdsError.Disconnected error =
        new XdsError.Disconnected("the stream to the control plane is closed: " + why);
    types.values().forEach(type -> type.onBroken(error));
    tellPending();
  }

  @Override
  public void onResponse(R response) {
    String name = dialect.identifier(response);
    if (!name.isEmpty() && !name.equals(identifier)) {
      identifier = name;
      tools.observer().onIdentifier(name);
    }
    inbox.add(new Arrived<>(response, stream == null ? -1 : stream.opening()));
    decodeNext();
  }

  private void decodeNext() {
    Arrived<R> next = decoding || closed ? null : inbox.poll();
    if (next == null) {
      return;
    }
    String typeUrl = dialect.typeUrl(next.response());
    TypeState<Q, ?> type = types.get(typeUrl);
    if (type == null || !subscribed.contains(type)) {
      if (strangers.size() < STRANGERS_LOGGED && strangers.add(typeUrl)) {
        log.warn("responses of type {} come though nothing of it was asked for", typeUrl);
      }
      dealtWith(next);
    } else {
      decoding = true;
      decode(type, next);
    }
  }

  private <T extends Message> void decode(TypeState<Q, T> type, Arrived<R> arrived) {
    try {
      tools
          .decode()
          .execute(
              () -> {
                Decoded<T> decoded = dialect.decode(decoder, type.type(), arrived.response());
                loop.execute(() -> apply(type, arrived, decoded));
              });
    } catch (RejectedExecutionException e) {
      log.error("the decode executor takes no work; a response of {} is lost", type.type());
      decoding = false;
    }
  }

  private <T extends Message> void apply(
      TypeState<Q, T> type, Arrived<R> arrived, Decoded<T> decoded) {
    decoding = false;
    if (closed) {
      return;
    }
    try {
      type.apply(decoded, stream != null && arrived.opening() == stream.opening());
    } finally {
      dealtWith(arrived);
    }
  }

  private void dealtWith(Arrived<R> arrived) {
    if (stream != null && arrived.opening() == stream.opening()) {
      readingPaused = true;
      resumeReading(stream);
    }
    decodeNext();
  }

  // A server that does not read its answers, or whose responses nobody can judge yet, must not fill
  // the memory with either.
  private void resumeReading(DiscoveryStream<Q> from) {
    if (readingPaused
        && pendingTold == 0
        && subscribed.stream().allMatch(t -> t.unsettled() < MAX_UNSETTLED)) {
      readingPaused = false;
      from.request();
    }
  }

  @Override
  public List<ResourceStatus> statuses() {
    return types.values().stream().flatMap(type -> type.statuses().stream()).toList();
  }

  @Override
  public void close() {
    loop.assertInLoop();
    if (closed) {
      return;
    }
    closed = true;
    inbox.clear();
    types.values().forEach(TypeState::close);
    if (stream != null) {
      stream.close();
    }
  }
}
