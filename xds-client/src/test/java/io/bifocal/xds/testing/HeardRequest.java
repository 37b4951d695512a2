package io.bifocal.xds.testing;

import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.util.Optional;

/** A request as a {@link ScriptedControlPlane} heard it. */
public sealed interface HeardRequest {
  /** Which stream it came on; the first one is 1. */
  int stream();

  /** The gRPC method of the stream without its service, such as {@code StreamEndpoints}. */
  String method();

  /** {@link System#nanoTime} when it came. */
  long nanoTime();

  String typeUrl();

  /** The nonce that it echoes; empty if none. */
  String nonce();

  /** Set if it refuses a response. */
  Optional<Status> error();

  Optional<Node> node();

  /** In the state-of-the-world dialect. */
  record StateOfTheWorld(int stream, String method, long nanoTime, DiscoveryRequest message)
      implements HeardRequest {
    @Override
    public String typeUrl() {
      return message.getTypeUrl();
    }

    @Override
    public String nonce() {
      return message.getResponseNonce();
    }

    @Override
    public Optional<Status> error() {
      return message.hasErrorDetail() ? Optional.of(message.getErrorDetail()) : Optional.empty();
    }

    @Override
    public Optional<Node> node() {
      return message.hasNode() ? Optional.of(message.getNode()) : Optional.empty();
    }
  }

  /** In the incremental dialect. */
  record Delta(int stream, String method, long nanoTime, DeltaDiscoveryRequest message)
      implements HeardRequest {
    @Override
    public String typeUrl() {
      return message.getTypeUrl();
    }

    @Override
    public String nonce() {
      return message.getResponseNonce();
    }

    @Override
    public Optional<Status> error() {
      return message.hasErrorDetail() ? Optional.of(message.getErrorDetail()) : Optional.empty();
    }

    @Override
    public Optional<Node> node() {
      return message.hasNode() ? Optional.of(message.getNode()) : Optional.empty();
    }
  }
}
