package io.bifocal.dataplane.controlplane;

import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.ChannelFactory;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Channels to control planes.
 *
 * <p>{@code envoy_grpc}: plaintext HTTP/2 on a connection from the named cluster's pool on one
 * worker, so that the cluster's addresses are raced, and its breakers, time-outs and statistics
 * hold. A call on a cluster that is not there, has no usable host or whose race fails ends as
 * {@code UNAVAILABLE} with the reason in its description. {@code google_grpc}: a channel of
 * grpc-java to {@code target_uri}, which races nothing.
 *
 * <p>There is no limit to the size of a message: control planes push what they must.
 */
public final class AdsChannelFactory implements ChannelFactory, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdsChannelFactory.class);
  private static final int CLOSE_SECONDS = 5;

  private final Function<Worker, WorkerClusters> clusters;
  private final Worker worker;
  private final Function<String, Pings> pings;
  private final ChannelFactory direct = ChannelFactory.direct();
  private final List<ManagedChannel> opened = new CopyOnWriteArrayList<>();

  /**
   * Channels whose connections live on {@code worker}.
   *
   * @param pings how a cluster's connections are tested
   */
  public AdsChannelFactory(
      Function<Worker, WorkerClusters> clusters, Worker worker, Function<String, Pings> pings) {
    this.clusters = clusters;
    this.worker = worker;
    this.pings = pings;
  }

  @Override
  public ManagedChannel open(GrpcService service) {
    ManagedChannel channel = make(service);
    opened.add(channel);
    return channel;
  }

  private ManagedChannel make(GrpcService service) {
    return switch (service.getTargetSpecifierCase()) {
      case ENVOY_GRPC -> raced(service.getEnvoyGrpc());
      case GOOGLE_GRPC -> direct.open(service);
      case TARGETSPECIFIER_NOT_SET ->
          throw new IllegalArgumentException("grpc_service: neither envoy_grpc nor google_grpc");
    };
  }

  private ManagedChannel raced(GrpcService.EnvoyGrpc service) {
    String cluster = service.getClusterName();
    String authority = service.getAuthority().isEmpty() ? cluster : service.getAuthority();
    return new RacedManagedChannel(
        authority,
        new UpstreamDialer(() -> clusters.apply(worker), worker, cluster, authority),
        pings.apply(cluster));
  }

  /** Shuts down what was opened, and waits: afterwards no call uses a worker any more. */
  @Override
  public void close() {
    opened.forEach(ManagedChannel::shutdownNow);
    for (ManagedChannel channel : opened) {
      try {
        if (!channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
          log.warn(
              "the channel to {} has not ended after {} s", channel.authority(), CLOSE_SECONDS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
