package io.bifocal.xds.internal.bootstrap;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.CredentialSpecifierCase;
import io.envoyproxy.envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials;
import java.util.Locale;

/** What of {@code google_grpc} is served. */
final class GoogleFields {
  private static final SupportedFields GOOGLE =
      SupportedFields.of(GoogleGrpc.getDescriptor())
          .supports("target_uri", "channel_credentials", "call_credentials")
          .ignores("statistics are the observer's", "stat_prefix")
          .ignores("reading is bounded otherwise", "per_stream_buffer_limit_bytes")
          .ignores("they are settings of another gRPC library", "channel_args");

  private GoogleFields() {}

  static void check(GoogleGrpc google, String path) {
    Fields.check(GOOGLE, google, path);
    ChannelCredentials channel = google.getChannelCredentials();
    if (channel.hasGoogleDefault()) {
      throw new IllegalArgumentException(
          path
              + ".channel_credentials.google_default is not served: ssl_credentials and"
              + " local_credentials are");
    }
    if (google.getCallCredentialsCount() > 1) {
      throw new IllegalArgumentException(path + ".call_credentials: only one is served");
    }
    for (CallCredentials call : google.getCallCredentialsList()) {
      check(call, channel, path + ".call_credentials[0]");
    }
  }

  private static void check(CallCredentials call, ChannelCredentials channel, String path) {
    if (call.getCredentialSpecifierCase() != CredentialSpecifierCase.ACCESS_TOKEN) {
      throw new IllegalArgumentException(
          path
              + "."
              + call.getCredentialSpecifierCase().name().toLowerCase(Locale.ROOT)
              + " is not served: access_token is");
    }
    if (!channel.hasSslCredentials()) {
      throw new IllegalArgumentException(
          path
              + ".access_token is not sent in plain text: channel_credentials must be"
              + " ssl_credentials");
    }
  }
}
