package io.bifocal.xds;

import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.grpc.ManagedChannel;

/**
 * Opens the channel on which streams to a control plane ride. The client shuts down what it opened.
 */
@FunctionalInterface
public interface ChannelFactory {
  /**
   * Opens; connecting may happen later.
   *
   * @throws IllegalArgumentException when the service is of a kind that is not served, naming it
   */
  ManagedChannel open(GrpcService service);

  /**
   * For {@code google_grpc}: connects to {@code target_uri} over whatever gRPC transport is on the
   * class path, in plain text unless {@code ssl_credentials} are given.
   */
  static ChannelFactory direct() {
    return new GrpcChannels();
  }
}
