package io.bifocal.xds.internal.status;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.util.Timestamps;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.ResourceStatus;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.status.v3.ClientConfig;
import io.envoyproxy.envoy.service.status.v3.ClientConfig.GenericXdsConfig;
import io.envoyproxy.envoy.service.status.v3.ClientStatusDiscoveryServiceGrpc.ClientStatusDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import io.envoyproxy.envoy.service.status.v3.ClientStatusResponse;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Answers from what one client holds. A call waits, on the server's own thread, for the client's
 * loop.
 *
 * <p>Source: {@code envoy.service.status.v3.ClientStatusDiscoveryService}.
 */
public final class ClientStatusService extends ClientStatusDiscoveryServiceImplBase {
  private static final int SECONDS_FOR_AN_ANSWER = 10;
  private static final String EVERYTHING = "*";

  private final Node node;
  private final Supplier<CompletableFuture<List<ResourceStatus>>> dump;
  private final UnaryOperator<Message> shown;

  /**
   * A service.
   *
   * @param dump asked for each answer
   * @param shown what is shown of a message
   */
  public ClientStatusService(
      Node node,
      Supplier<CompletableFuture<List<ResourceStatus>>> dump,
      UnaryOperator<Message> shown) {
    this.node = node;
    this.dump = dump;
    this.shown = shown;
  }

  @Override
  public void fetchClientStatus(
      ClientStatusRequest request, StreamObserver<ClientStatusResponse> response) {
    try {
      response.onNext(answer(request));
      response.onCompleted();
    } catch (StatusException e) {
      response.onError(e);
    }
  }

  @Override
  public StreamObserver<ClientStatusRequest> streamClientStatus(
      StreamObserver<ClientStatusResponse> responses) {
    return new StreamObserver<>() {
      private boolean ended;

      @Override
      public void onNext(ClientStatusRequest request) {
        if (ended) {
          return;
        }
        try {
          responses.onNext(answer(request));
        } catch (StatusException e) {
          ended = true;
          responses.onError(e);
        }
      }

      @Override
      public void onError(Throwable gone) {
        ended = true;
      }

      @Override
      public void onCompleted() {
        if (!ended) {
          responses.onCompleted();
        }
      }
    };
  }

  private ClientStatusResponse answer(ClientStatusRequest request) throws StatusException {
    if (!isMeant(request)) {
      return ClientStatusResponse.getDefaultInstance();
    }
    ClientConfig.Builder config = ClientConfig.newBuilder().setNode((Node) shown.apply(node));
    for (ResourceStatus status : statuses()) {
      config.addGenericXdsConfigs(
          request.getExcludeResourceContents() ? outline(status) : whole(status));
    }
    return ClientStatusResponse.newBuilder().addConfig(config).build();
  }

  private boolean isMeant(ClientStatusRequest request) throws StatusException {
    try {
      return NodeMatch.any(request.getNodeMatchersList(), node);
    } catch (ConfigException e) {
      throw Status.INVALID_ARGUMENT.withDescription(e.reason()).asException();
    }
  }

  private List<ResourceStatus> statuses() throws StatusException {
    try {
      return dump.get().get(SECONDS_FOR_AN_ANSWER, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withCause(e).asException();
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      throw Status.UNAVAILABLE
          .withDescription("the xDS client does not answer")
          .withCause(e)
          .asException();
    }
  }

  private GenericXdsConfig.Builder whole(ResourceStatus status) {
    GenericXdsConfig.Builder config = outline(status);
    status.value().ifPresent(value -> config.setXdsConfig(Any.pack(shown.apply(value))));
    status
        .errorState()
        .ifPresent(error -> config.setErrorState((UpdateFailureState) shown.apply(error)));
    return config;
  }

  private static GenericXdsConfig.Builder outline(ResourceStatus status) {
    GenericXdsConfig.Builder config =
        GenericXdsConfig.newBuilder()
            .setTypeUrl(status.type().typeUrl())
            .setName(status.name().isEmpty() ? EVERYTHING : status.name())
            .setVersionInfo(status.version())
            .setClientStatus(status.clientStatus());
    status
        .lastUpdated()
        .ifPresent(at -> config.setLastUpdated(Timestamps.fromMillis(at.toEpochMilli())));
    status
        .errorState()
        .ifPresent(e -> config.setErrorState(e.toBuilder().clearFailedConfiguration()));
    return config;
  }
}
