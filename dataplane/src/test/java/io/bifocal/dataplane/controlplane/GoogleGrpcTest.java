package io.bifocal.dataplane.controlplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.xds.ChannelFactory;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.WatchListener;
import io.bifocal.xds.XdsClient;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.GoogleLocalCredentials;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code google_grpc}: a server that is named by its address, with credentials. */
class GoogleGrpcTest {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Authority authority = Authority.named("authority");
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  @SuppressWarnings("NullAway.Init") // some tests need none
  private Server server;

  @AfterEach
  void end() {
    if (server != null) {
      server.shutdownNow();
    }
  }

  private void serve(ServerCredentials credentials) throws Exception {
    server =
        NettyServerBuilder.forPort(0, credentials)
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, R> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                    heard.add("authorization " + headers.get(AUTHORIZATION));
                    return next.startCall(call, headers);
                  }
                })
            .addService(
                new AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase() {
                  @Override
                  public StreamObserver<DiscoveryRequest> streamAggregatedResources(
                      StreamObserver<DiscoveryResponse> responses) {
                    responses.onCompleted();
                    return new StreamObserver<>() {
                      @Override
                      public void onNext(DiscoveryRequest value) {}

                      @Override
                      public void onError(Throwable t) {}

                      @Override
                      public void onCompleted() {}
                    };
                  }
                })
            .build()
            .start();
  }

  private ServerCredentials tls() throws Exception {
    X509Bundle bundle = authority.issue(Authority.leaf("localhost"));
    return TlsServerCredentials.create(
        new ByteArrayInputStream(bundle.getCertificatePathPEM().getBytes(UTF_8)),
        new ByteArrayInputStream(bundle.getPrivateKeyPEM().getBytes(UTF_8)));
  }

  private ChannelCredentials.Builder trusting() throws Exception {
    String root = authority.issue(Authority.leaf("unused")).getRootCertificatePEM();
    return ChannelCredentials.newBuilder()
        .setSslCredentials(
            SslCredentials.newBuilder()
                .setRootCerts(DataSource.newBuilder().setInlineString(root)));
  }

  private static CallCredentials token(String token) {
    return CallCredentials.newBuilder().setAccessToken(token).build();
  }

  private static XdsClient client(GoogleGrpc.Builder google) {
    return XdsClient.builder()
        .node("test", "test")
        .ads(
            ApiConfigSource.newBuilder()
                .setApiType(ApiType.GRPC)
                .addGrpcServices(GrpcService.newBuilder().setGoogleGrpc(google))
                .build())
        .channelFactory(ChannelFactory.direct())
        .build();
  }

  /** Why the stream was closed. */
  private String call(GoogleGrpc.Builder google) throws Exception {
    BlockingQueue<String> closed = new LinkedBlockingQueue<>();
    try (XdsClient client =
        client(google.setTargetUri("localhost:" + server.getPort()).setStatPrefix("x"))) {
      var unused =
          client.watchAll(
              ResourceType.CLUSTER,
              new WatchListener<>() {
                @Override
                public Verdict onUpdate(Resource<Cluster> update) {
                  return Verdict.accept();
                }

                @Override
                public void onError(WatchError error) {
                  closed.add(error.message());
                }
              });
      client.start();
      return String.valueOf(closed.poll(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void withoutCredentialsItIsPlainText() throws Exception {
    serve(InsecureServerCredentials.create());
    assertThat(call(GoogleGrpc.newBuilder())).endsWith(": OK");
    assertThat(
            call(
                GoogleGrpc.newBuilder()
                    .setChannelCredentials(
                        ChannelCredentials.newBuilder()
                            .setLocalCredentials(GoogleLocalCredentials.getDefaultInstance()))))
        .endsWith(": OK");
    assertThat(heard).containsOnly("authorization null");
  }

  @Test
  void aTokenGoesOutOverTls() throws Exception {
    serve(tls());
    assertThat(
            call(
                GoogleGrpc.newBuilder()
                    .setChannelCredentials(trusting())
                    .addCallCredentials(token("abc"))))
        .endsWith(": OK");
    assertThat(heard).containsOnly("authorization Bearer abc");
  }

  @Test
  void aServerThatIsNotTrustedIsNotTalkedTo() throws Exception {
    serve(tls());
    assertThat(
            call(
                GoogleGrpc.newBuilder()
                    .setChannelCredentials(
                        ChannelCredentials.newBuilder()
                            .setSslCredentials(SslCredentials.getDefaultInstance()))))
        .contains("UNAVAILABLE");
    assertThat(heard).isEmpty();
  }

  @Test
  void whatIsNotServedIsRefusedWithItsPath() {
    String path = "api_config_source.grpc_services[0].google_grpc";
    assertThatThrownBy(() -> client(GoogleGrpc.newBuilder().addCallCredentials(token("abc"))))
        .hasMessageContaining(path + ".call_credentials[0].access_token")
        .hasMessageContaining("plain text");
    assertThatThrownBy(
            () ->
                client(
                    GoogleGrpc.newBuilder()
                        .setChannelCredentials(trusting())
                        .addCallCredentials(
                            CallCredentials.newBuilder().setGoogleRefreshToken("x"))))
        .hasMessageContaining(path + ".call_credentials[0].google_refresh_token is not served");
  }
}
