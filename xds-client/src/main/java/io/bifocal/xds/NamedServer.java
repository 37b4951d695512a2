package io.bifocal.xds;

import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A control plane that is said in Java, as the configuration that it stands for. */
final class NamedServer {
  /** One that is reached without being named. */
  static final ApiConfigSource UNNAMED = of(GrpcService.getDefaultInstance());

  private NamedServer() {}

  static ApiConfigSource to(String target) {
    return of(
        GrpcService.newBuilder()
            .setGoogleGrpc(GoogleGrpc.newBuilder().setTargetUri(target))
            .build());
  }

  private static ApiConfigSource of(GrpcService service) {
    return ApiConfigSource.newBuilder().setApiType(ApiType.GRPC).addGrpcServices(service).build();
  }

  /**
   * The same, spoken to incrementally.
   *
   * @throws IllegalStateException when there is none
   */
  static ApiConfigSource incremental(@Nullable ApiConfigSource named) {
    return builder(named).setApiType(ApiType.DELTA_GRPC).build();
  }

  /**
   * The same, spoken to over TLS.
   *
   * @param roots PEM, as the others; null for the system's
   * @param chain ours, with {@code key}; both null to show none
   * @throws IllegalStateException when there is none
   */
  static ApiConfigSource tls(
      @Nullable ApiConfigSource named,
      @Nullable Path roots,
      @Nullable Path chain,
      @Nullable Path key) {
    SslCredentials.Builder ssl = SslCredentials.newBuilder();
    if (roots != null) {
      ssl.setRootCerts(file(roots));
    }
    if (chain != null && key != null) {
      ssl.setCertChain(file(chain)).setPrivateKey(file(key));
    }
    ApiConfigSource.Builder secured = builder(named);
    secured
        .getGrpcServicesBuilder(0)
        .getGoogleGrpcBuilder()
        .setChannelCredentials(ChannelCredentials.newBuilder().setSslCredentials(ssl));
    return secured.build();
  }

  private static DataSource file(Path path) {
    return DataSource.newBuilder().setFilename(path.toString()).build();
  }

  private static ApiConfigSource.Builder builder(@Nullable ApiConfigSource named) {
    if (named == null || named.getGrpcServicesCount() == 0) {
      throw new IllegalStateException("name the server first: server(\"host:port\")");
    }
    return named.toBuilder();
  }
}
