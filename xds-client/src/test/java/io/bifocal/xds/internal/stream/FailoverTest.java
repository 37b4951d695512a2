package io.bifocal.xds.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.internal.bootstrap.Servers;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two servers of one control plane. */
class FailoverTest {
  private final VirtualTime time = new VirtualTime();
  private final ScriptedTransport primary = new ScriptedTransport(time);
  private final ScriptedTransport failover = new ScriptedTransport(time);
  private final List<String> heard = new ArrayList<>();
  private DiscoveryStream<DiscoveryRequest> stream;

  @BeforeEach
  void open() {
    ApiConfigSource twice =
        ApiConfigSource.newBuilder()
            .setApiType(ApiType.GRPC)
            .addGrpcServices(service("primary"))
            .addGrpcServices(service("failover"))
            .build();
    StreamSettings settings = StreamSettings.ofAds(twice, new Servers(name -> true, true));
    assertThat(settings.servers()).containsExactly(service("primary"), service("failover"));
    stream =
        DiscoveryStream.of(
            List.of(primary, failover),
            AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod(),
            (request, node) -> request,
            Node.getDefaultInstance(),
            settings,
            time,
            () -> 0.5,
            new Told(),
            new Events());
  }

  private static GrpcService service(String cluster) {
    return GrpcService.newBuilder()
        .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(cluster))
        .build();
  }

  private final class Told implements TransportObserver {
    @Override
    public void onServer(int server) {
      heard.add("server " + server);
    }

    @Override
    public void onConnected(boolean connected) {
      heard.add(connected ? "connected" : "broken");
    }
  }

  private static final class Events implements DiscoveryStream.Events<DiscoveryResponse> {
    @Override
    public void onOpened() {}

    @Override
    public void onMaySend() {}

    @Override
    public void onResponse(DiscoveryResponse response) {}

    @Override
    public void onBroken(String why) {}
  }

  private List<Integer> opened() {
    return List.of(primary.opened().size(), failover.opened().size());
  }

  private void passes(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  @Test
  void theFailoverIsAskedAtOnceAfterTwoFailuresAndThenBothInTurns() {
    primary.reachable(false);
    failover.reachable(false);
    stream.start();
    time.run();
    assertThat(opened()).containsExactly(1, 0);
    passes(250);
    assertThat(opened()).as("twice the primary, then the other at once").containsExactly(2, 1);
    passes(500);
    assertThat(opened()).as("one failure suffices now").containsExactly(3, 2);
  }

  @Test
  void whoAnswersFirstIsKept() {
    primary.reachable(false);
    stream.start();
    passes(250);
    assertThat(heard).containsExactly("server 1", "connected");
    failover.respond(DiscoveryResponse.getDefaultInstance());
    failover.hangUp("bye");
    time.run();
    failover.reachable(false);
    passes(60_000);
    assertThat(primary.opened()).hasSize(2);
  }

  @Test
  void aPrimaryThatHasAnsweredIsNotLeft() {
    stream.start();
    time.run();
    primary.respond(DiscoveryResponse.getDefaultInstance());
    time.run();
    primary.reachable(false);
    primary.hangUp("bye");
    passes(120_000);
    assertThat(failover.opened()).isEmpty();
  }

  @Test
  void aMereConnectionIsNoAnswer() {
    stream.start();
    time.run();
    primary.hangUp("1");
    passes(250);
    primary.hangUp("2");
    time.run();
    assertThat(opened()).containsExactly(2, 1);
  }
}
