package io.bifocal.xds.internal.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DoubleValue;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.BackoffStrategy;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.GrpcService.EnvoyGrpc;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc;
import io.envoyproxy.envoy.config.core.v3.RateLimitSettings;
import io.envoyproxy.envoy.config.core.v3.RetryPolicy;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StreamSettingsTest {
  private static final GrpcService XDS =
      GrpcService.newBuilder().setEnvoyGrpc(EnvoyGrpc.newBuilder().setClusterName("xds")).build();

  private static ApiConfigSource.Builder grpc() {
    return ApiConfigSource.newBuilder().setApiType(ApiType.GRPC).addGrpcServices(XDS);
  }

  private static GrpcService retrying(BackoffStrategy.Builder backoff) {
    return GrpcService.newBuilder()
        .setEnvoyGrpc(
            EnvoyGrpc.newBuilder()
                .setRetryPolicy(RetryPolicy.newBuilder().setRetryBackOff(backoff)))
        .build();
  }

  @Test
  void defaultsAreEnvoys() {
    StreamSettings settings = StreamSettings.ofAds(grpc().build(), Servers.ANY);
    assertThat(settings)
        .isEqualTo(
            new StreamSettings(
                false, XDS, null, false, Duration.ofMillis(500), Duration.ofSeconds(30), null));
  }

  @Test
  void whatIsSaidIsTaken() {
    StreamSettings settings =
        StreamSettings.ofAds(
            grpc()
                .setApiType(ApiType.DELTA_GRPC)
                .setTransportApiVersion(ApiVersion.V3)
                .setSetNodeOnFirstMessageOnly(true)
                .setRateLimitSettings(RateLimitSettings.getDefaultInstance())
                .setGrpcServices(
                    0,
                    retrying(
                        BackoffStrategy.newBuilder().setBaseInterval(Durations.fromMillis(20))))
                .setRefreshDelay(Durations.fromMillis(500))
                .build(),
            Servers.ANY);
    assertThat(settings.delta()).isTrue();
    assertThat(settings.nodeOnFirstMessageOnly()).isTrue();
    assertThat(settings.rate()).isEqualTo(new StreamSettings.Rate(100, 10));
    assertThat(settings.backoffBase()).isEqualTo(Duration.ofMillis(20));
    assertThat(settings.backoffMax()).as("ten times the base").isEqualTo(Duration.ofMillis(200));
  }

  @Test
  void whatIsNotServedIsNamed() {
    refused(grpc().setApiType(ApiType.REST), "type must be of non-aggregated gRPC");
    refused(grpc().setApiType(ApiType.AGGREGATED_GRPC), "type must be of non-aggregated gRPC");
    refused(grpc().addClusterNames("xds"), "GRPC must not have a cluster name specified");
    refused(grpc().clearGrpcServices(), "gRPC service");
    refused(grpc().addGrpcServices(XDS), "GRPC must have no more than 1 gRPC services specified");
    refused(grpc().setTransportApiVersionValue(1), "V2");
    refused(
        grpc().addConfigValidators(TypedExtensionConfig.getDefaultInstance()), "config_validators");
    refused(
        grpc()
            .setGrpcServices(
                0,
                GrpcService.newBuilder()
                    .setGoogleGrpc(GoogleGrpc.newBuilder().setCredentialsFactoryName("x"))),
        "google_grpc: field 'credentials_factory_name'");
    refused(
        grpc()
            .setRateLimitSettings(
                RateLimitSettings.newBuilder().setFillRate(DoubleValue.of(Double.NaN))),
        "fill_rate");
    refused(
        grpc()
            .setGrpcServices(
                0,
                retrying(
                    BackoffStrategy.newBuilder()
                        .setBaseInterval(Durations.fromMillis(20))
                        .setMaxInterval(Durations.fromMillis(10)))),
        "max_interval");
  }

  private static void refused(ApiConfigSource.Builder source, String naming) {
    assertThatThrownBy(() -> StreamSettings.ofAds(source.build(), Servers.ANY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(naming);
  }
}
