package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.internal.bootstrap.FileSettings;
import io.bifocal.xds.internal.bootstrap.RestSettings;
import io.bifocal.xds.internal.bootstrap.SourceSettings;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shared stream, and a source for each subscription that names one of its own. */
final class SourcesByKind implements Sources {
  private static final Logger log = LoggerFactory.getLogger(SourcesByKind.class);

  private final StreamSource<?, ?> aggregated;
  private final Set<Source> own = new LinkedHashSet<>();
  private final Tools tools;
  private final Loop loop;
  private boolean started;
  private boolean closed;

  SourcesByKind(@Nullable StreamSettings ads, Tools tools) {
    this.tools = tools;
    this.loop = tools.loop();
    this.aggregated = StreamSource.aggregated(ads, tools);
  }

  @Override
  public void start() {
    loop.assertInLoop();
    if (started || closed) {
      return;
    }
    started = true;
    aggregated.start();
    List.copyOf(own).forEach(this::start);
  }

  private void start(Source source) {
    try {
      source.start();
    } catch (IllegalArgumentException e) {
      // The subscriber was told of no error when it subscribed; it hears of the time-out.
      log.error("a source cannot be opened: {}", e.getMessage());
    }
  }

  @Override
  public <T extends Message> Subscription subscribe(
      ConfigSource configured,
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer) {
    loop.assertInLoop();
    if (closed) {
      throw new IllegalStateException("the client is closed");
    }
    SourceSettings settings = SourceSettings.of(configured, tools.servers());
    Duration patience = Subscriptions.initialFetchTimeout(configured);
    Source source = source(settings, type, observer);
    Subscription inner = source.subscribe(type, names, watcher, observer, patience);
    if (source == aggregated) {
      return inner;
    }
    own.add(source);
    if (started) {
      try {
        source.start();
      } catch (IllegalArgumentException e) {
        end(source);
        throw e;
      }
    }
    return new Subscription() {
      @Override
      public void update(Set<String> names) {
        inner.update(names);
      }

      @Override
      public List<ResourceStatus> statuses() {
        return inner.statuses();
      }

      @Override
      public void close() {
        end(source);
      }
    };
  }

  private Source source(
      SourceSettings settings, ResourceType<?> type, SubscriptionObserver observer) {
    if (settings instanceof StreamSettings stream) {
      return StreamSource.of(
          type,
          stream,
          tools.withObserver(new OwnStreamObserver(observer.ownStream(), tools.observer())));
    }
    if (settings instanceof RestSettings rest) {
      return new RestSource(rest, tools);
    }
    return settings instanceof FileSettings file ? new FileSource(file, tools) : aggregated;
  }

  private void end(Source source) {
    source.close();
    own.remove(source);
  }

  @Override
  public Hold hold(ResourceType<?> type) {
    loop.assertInLoop();
    return aggregated.hold(type);
  }

  @Override
  public List<ResourceStatus> statuses() {
    loop.assertInLoop();
    List<ResourceStatus> all = new ArrayList<>(aggregated.statuses());
    own.forEach(source -> all.addAll(source.statuses()));
    return all;
  }

  @Override
  public void close() {
    loop.assertInLoop();
    closed = true;
    aggregated.close();
    own.forEach(Source::close);
    own.clear();
    tools.ways().files().close();
  }
}
