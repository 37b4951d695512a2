package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.api.json.MessageJson;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.internal.bootstrap.RestSettings;
import io.bifocal.xds.rest.RestTransport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that is polled: a request, its answer, a jittered delay, and again. It learns of a
 * refusal only by the old version in the next request; 304 says that nothing has changed. Source:
 * Envoy's {@code RestApiFetcher} and {@code HttpSubscriptionImpl}.
 */
final class RestSource extends SoleSource {
  private static final Logger log = LoggerFactory.getLogger(RestSource.class);

  private static final Map<ResourceType<?>, String> PATHS =
      Map.of(
          ResourceType.CLUSTER, "clusters",
          ResourceType.ENDPOINTS, "endpoints",
          ResourceType.LISTENER, "listeners",
          ResourceType.ROUTES, "routes",
          ResourceType.SCOPED_ROUTES, "scoped-routes",
          ResourceType.SECRET, "secrets",
          ResourceType.RUNTIME, "runtime",
          ResourceType.EXTENSION_CONFIG, "extension_configs");
  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;

  private final RestSettings settings;
  private final Sources.Tools tools;
  private RestTransport.@Nullable Exchange exchange;
  private Loop.@Nullable Timer again;
  private String failure = "";
  private boolean started;

  RestSource(RestSettings settings, Sources.Tools tools) {
    this.settings = settings;
    this.tools = tools;
  }

  @Override
  public <T extends Message> Subscription subscribe(
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout) {
    if (!PATHS.containsKey(type)) {
      throw new IllegalArgumentException("api_config_source: " + type + " cannot be polled");
    }
    return serve(
        new SoleSubscription<>(
            type,
            names,
            watcher,
            new Outcomes(observer, false),
            initialFetchTimeout,
            tools,
            () -> {}));
  }

  @Override
  public void start() {
    SoleSubscription<?> sole = served();
    if (!started && sole != null) {
      started = true;
      poll(sole);
    }
  }

  private void poll(SoleSubscription<?> sole) {
    again = null;
    if (sole.full()) {
      pause(sole);
      return;
    }
    sole.outcomes().attempt();
    exchange =
        tools
            .ways()
            .rest()
            .post(
                new RestTransport.Post(
                    settings.cluster(),
                    "/v3/discovery:" + PATHS.get(sole.type()),
                    json(sole.request()),
                    settings.requestTimeout(),
                    Content.MAX_BYTES),
                answer -> answered(sole, answer));
  }

  private String json(DiscoveryRequest request) {
    List<String> names = request.getResourceNamesList().stream().sorted().toList();
    return MessageJson.print(
        request.toBuilder()
            .setNode(tools.node())
            .clearResourceNames()
            .addAllResourceNames(names)
            .clearResponseNonce()
            .clearErrorDetail()
            .build());
  }

  private void answered(SoleSubscription<?> sole, RestTransport.Answer answer) {
    exchange = null;
    if (served() == null) {
      return;
    }
    if (answer instanceof RestTransport.Answered given && given.status() == OK) {
      failure = "";
      sole.take(Content.ofJson(given.body()), () -> pause(sole));
    } else if (answer instanceof RestTransport.Answered given && given.status() == NOT_MODIFIED) {
      failure = "";
      pause(sole);
    } else {
      fail(sole, answer);
      pause(sole);
    }
  }

  private void fail(SoleSubscription<?> sole, RestTransport.Answer answer) {
    String why =
        answer instanceof RestTransport.Answered given
            ? "status " + given.status()
            : ((RestTransport.Failed) answer).why();
    String text =
        "%s was not polled from cluster '%s': %s".formatted(sole.type(), settings.cluster(), why);
    if (!failure.equals(why)) { // else it is known
      log.warn("{}", text);
      failure = why;
    }
    sole.failed(text);
  }

  private void pause(SoleSubscription<?> sole) {
    if (served() != null) {
      long delay = settings.refreshDelay().toNanos();
      long jitter = (long) (delay * tools.chance().getAsDouble());
      again = tools.loop().schedule(Duration.ofNanos(delay + jitter), () -> poll(sole));
    }
  }

  @Override
  void stop() {
    if (again != null) {
      again.cancel();
    }
    if (exchange != null) {
      exchange.cancel();
    }
  }
}
