package io.bifocal.xds;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;

/** Channels for {@code google_grpc}, over whatever gRPC transport is on the class path. */
final class GrpcChannels implements ChannelFactory {
  @Override
  public ManagedChannel open(GrpcService service) {
    if (!service.hasGoogleGrpc()) {
      throw new IllegalArgumentException(
          "a grpc_service of kind "
              + (service.hasEnvoyGrpc() ? "envoy_grpc" : "none")
              + " needs a channel factory that knows it; google_grpc needs none");
    }
    GoogleGrpc google = service.getGoogleGrpc();
    return Grpc.newChannelBuilder(google.getTargetUri(), credentials(google)).build();
  }

  private static ChannelCredentials credentials(GoogleGrpc google) {
    switch (google.getChannelCredentials().getCredentialSpecifierCase()) {
      case SSL_CREDENTIALS -> {}
      case CREDENTIALSPECIFIER_NOT_SET, LOCAL_CREDENTIALS -> {
        return InsecureChannelCredentials.create();
      }
      case GOOGLE_DEFAULT ->
          throw new IllegalArgumentException(
              "google_grpc.channel_credentials: google_default is not served");
    }
    GoogleGrpc.SslCredentials ssl = google.getChannelCredentials().getSslCredentials();
    boolean shown = ssl.hasCertChain() && ssl.hasPrivateKey();
    try {
      return Credentials.tls(
          ssl.hasRootCerts() ? ssl.getRootCerts() : null,
          shown ? ssl.getCertChain() : null,
          shown ? ssl.getPrivateKey() : null);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("google_grpc.channel_credentials: " + e.reason(), e);
    }
  }
}
