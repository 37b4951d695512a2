package io.bifocal.dataplane.tcp.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.worker.Worker;
import io.envoyproxy.envoy.extensions.filters.network.direct_response.v3.Config;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;

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
    byte[] response = DataSources.read(config.getResponse()).toByteArray();
    if (response.length > MAX_BYTES) {
      throw new ConfigException("direct_response: response is longer than " + MAX_BYTES + " bytes");
    }
    return new DirectResponse(response);
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
