package io.bifocal.xds.source;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.bootstrap.SourceKinds;
import io.bifocal.xds.bootstrap.StreamSettings;
import io.bifocal.xds.stream.Dialect;
import io.bifocal.xds.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends each subscription to the source that serves it. */
final class Sources implements Source {
  private static final Logger log = LoggerFactory.getLogger(Sources.class);

  private final StreamSource<?, ?> aggregated;
  private final Set<StreamSource<?, ?>> own = new LinkedHashSet<>();
  private final Node node;
  private final Tools tools;
  private final Tools ownTools;
  private final Loop loop;
  private final Function<GrpcService, Transport> transports;
  private boolean started;
  private boolean closed;

  Sources(
      @Nullable StreamSettings ads,
      Node node,
      Tools tools,
      Function<GrpcService, Transport> transports) {
    this.node = node;
    this.tools = tools;
    this.ownTools = withoutConnection(tools);
    this.loop = tools.loop();
    this.transports = transports;
    this.aggregated =
        ads != null && ads.delta()
            ? aggregated(Dialect.delta(), ads)
            : aggregated(Dialect.stateOfTheWorld(), ads);
  }

  private <Q extends Message, R extends Message> StreamSource<Q, R> aggregated(
      Dialect<Q, R> dialect, @Nullable StreamSettings settings) {
    return new StreamSource<>(dialect, dialect.aggregated(), settings, node, tools);
  }

  @Override
  public void start() {
    loop.assertInLoop();
    if (started || closed) {
      return;
    }
    started = true;
    aggregated.start(transports);
    List.copyOf(own).forEach(this::start);
  }

  private void start(StreamSource<?, ?> source) {
    try {
      source.start(transports);
    } catch (IllegalArgumentException e) {
      // The subscriber was told of no error when it subscribed; it hears of the time-out.
      log.error("a stream cannot be opened: {}", e.getMessage());
    }
  }

  @Override
  public <T extends Message> Subscription subscribe(
      ConfigSource source,
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer) {
    loop.assertInLoop();
    if (closed) {
      throw new IllegalStateException("the client is closed");
    }
    Duration patience = SourceKinds.initialFetchTimeout(source);
    if (SourceKinds.isAggregated(source)) {
      return aggregated.subscribe(type, names, watcher, observer, patience);
    }
    StreamSettings settings = StreamSettings.of(source.getApiConfigSource());
    StreamSource<?, ?> stream =
        settings.delta()
            ? own(Dialect.delta(), settings, type)
            : own(Dialect.stateOfTheWorld(), settings, type);
    if (started) {
      stream.start(transports);
    }
    own.add(stream);
    Subscription inner = stream.subscribe(type, names, watcher, observer, patience);
    return new Subscription() {
      @Override
      public void update(Set<String> names) {
        inner.update(names);
      }

      @Override
      public void close() {
        stream.close();
        own.remove(stream);
      }
    };
  }

  private <Q extends Message, R extends Message> StreamSource<Q, R> own(
      Dialect<Q, R> dialect, StreamSettings settings, ResourceType<?> type) {
    MethodDescriptor<Q, R> method =
        dialect
            .own(type)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "api_config_source: there is no service for " + type + " alone"));
    return new StreamSource<>(dialect, method, settings, node, ownTools);
  }

  // The client's observer counts the aggregated stream; of others it hears what concerns content.
  private static Tools withoutConnection(Tools tools) {
    TransportObserver content =
        new TransportObserver() {
          @Override
          public void onUnknownFields(String typeUrl, String resource, String paths) {
            tools.observer().onUnknownFields(typeUrl, resource, paths);
          }
        };
    return new Tools(tools.loop(), tools.decode(), tools.decoder(), tools.chance(), content);
  }

  @Override
  public Hold hold(ResourceType<?> type) {
    loop.assertInLoop();
    return aggregated.hold(type);
  }

  @Override
  public void close() {
    loop.assertInLoop();
    closed = true;
    aggregated.close();
    own.forEach(StreamSource::close);
    own.clear();
  }
}
