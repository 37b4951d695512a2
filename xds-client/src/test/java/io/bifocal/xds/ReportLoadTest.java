package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc.LoadReportingServiceImplBase;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An embedder reports load from a thread of its own. */
class ReportLoadTest {
  private final BlockingQueue<LoadStatsRequest> heard = new LinkedBlockingQueue<>();
  private final CompletableFuture<String> ended = new CompletableFuture<>();

  private final class LoadServer extends LoadReportingServiceImplBase {
    @Override
    public StreamObserver<LoadStatsRequest> streamLoadStats(StreamObserver<LoadStatsResponse> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(LoadStatsRequest report) {
          if (heard.isEmpty()) {
            out.onNext(LoadStatsResponse.newBuilder().addClusters("a").build());
          }
          heard.add(report);
        }

        @Override
        public void onError(Throwable cancelled) {
          ended.complete("cancelled");
        }

        @Override
        public void onCompleted() {
          ended.complete("completed");
        }
      };
    }
  }

  private static final LoadSource TEN_DROPPED =
      new LoadSource() {
        @Override
        public Collection<String> clusters() {
          return List.of("a");
        }

        @Override
        public void begin(String cluster) {}

        @Override
        public void end(String cluster) {}

        @Override
        public Optional<ClusterStats> collect(String cluster, boolean byEndpoint) {
          return Optional.of(
              ClusterStats.newBuilder()
                  .setClusterName(cluster)
                  .setTotalDroppedRequests(10)
                  .build());
        }
      };

  @Test
  void onTheClientsOwnLoop() throws Exception {
    Server server =
        InProcessServerBuilder.forName("load").addService(new LoadServer()).build().start();
    ManagedChannel channel = InProcessChannelBuilder.forName("load").build();
    try (XdsClient client =
        XdsClient.builder()
            .node(Node.newBuilder().setId("n").setCluster("c").build())
            .channel(channel)
            .build()) {
      LoadReporting reports =
          client.reportLoad(
              ApiConfigSource.newBuilder()
                  .setApiType(ApiConfigSource.ApiType.GRPC)
                  .addGrpcServices(
                      GrpcService.newBuilder()
                          .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("load")))
                  .build(),
              TEN_DROPPED,
              LoadObserver.NONE);
      assertThat(next().getNode().getId()).isEqualTo("n");
      assertThat(next().getClusterStats(0).getTotalDroppedRequests()).isEqualTo(10);
      reports.close();
      reports.close();
      assertThat(ended.get(10, TimeUnit.SECONDS)).isEqualTo("cancelled");
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  private LoadStatsRequest next() throws InterruptedException {
    LoadStatsRequest report = heard.poll(10, TimeUnit.SECONDS);
    if (report == null) {
      throw new AssertionError("no report within 10 s");
    }
    return report;
  }
}
