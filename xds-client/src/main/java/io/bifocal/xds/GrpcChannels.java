package io.bifocal.xds;

import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
    try {
      if (ssl.hasRootCerts()) {
        try (InputStream roots = read(ssl.getRootCerts())) {
          tls.trustManager(roots);
        }
      }
      if (ssl.hasCertChain() && ssl.hasPrivateKey()) {
        try (InputStream chain = read(ssl.getCertChain());
            InputStream key = read(ssl.getPrivateKey())) {
          tls.keyManager(chain, key);
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("google_grpc.channel_credentials cannot be read: " + e, e);
    }
    return tls.build();
  }

  private static InputStream read(DataSource source) throws IOException {
    return switch (source.getSpecifierCase()) {
      case FILENAME -> Files.newInputStream(Path.of(source.getFilename()));
      case INLINE_BYTES -> source.getInlineBytes().newInput();
      case INLINE_STRING ->
          new ByteArrayInputStream(source.getInlineString().getBytes(StandardCharsets.UTF_8));
      default -> throw new IOException("a data source of kind " + source.getSpecifierCase());
    };
  }
}
