package io.bifocal.dataplane.tcp.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.worker.Worker;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.filters.network.direct_response.v3.Config;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Says one thing to every client and closes.
 *
 * <p>Source: {@code envoy.extensions.filters.network.direct_response.v3.Config}.
 */
final class DirectResponse implements NetworkFilter {
  private static final int MAX_BYTES = 1 << 20;

  private final byte[] response;

  private DirectResponse(byte[] response) {
    this.response = response;
  }

  static NetworkFilter of(Any any) throws ConfigException {
    Config config = Unpack.as(Config.getDefaultInstance(), any);
    byte[] response = bytes(config.getResponse());
    if (response.length > MAX_BYTES) {
      throw new ConfigException("direct_response: response is longer than " + MAX_BYTES + " bytes");
    }
    return new DirectResponse(response);
  }

  private static byte[] bytes(DataSource source) throws ConfigException {
    return switch (source.getSpecifierCase()) {
      case INLINE_BYTES -> source.getInlineBytes().toByteArray();
      case INLINE_STRING -> source.getInlineString().getBytes(StandardCharsets.UTF_8);
      case FILENAME -> {
        try {
          yield Files.readAllBytes(Path.of(source.getFilename()));
        } catch (IOException e) {
          throw new ConfigException("unable to read file: " + source.getFilename(), e);
        }
      }
      case ENVIRONMENT_VARIABLE ->
          throw new ConfigException(
              "direct_response: response: field 'environment_variable' is not supported");
      case SPECIFIER_NOT_SET -> new byte[0];
    };
  }

  @Override
  public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    connection.stream().bytesSent = response.length;
    connection.stream().responseCodeDetails = "direct_response";
    var unused =
        downstream
            .writeAndFlush(Unpooled.wrappedBuffer(response))
            .addListener(ChannelFutureListener.CLOSE);
  }
}
