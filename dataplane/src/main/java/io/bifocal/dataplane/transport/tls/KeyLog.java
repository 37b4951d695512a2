package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.CidrRanges;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsKeyLog;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.internal.tcnative.SSLContext;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what lets who has it read TLS that was recorded: of all connections, or of those
 * between certain addresses. Thread-safe.
 *
 * <p>Source: {@code envoy.extensions.transport_sockets.tls.v3.TlsKeyLog}.
 */
public final class KeyLog {
  private final CidrRanges local;
  private final CidrRanges remote;
  private final Consumer<String> lines;

  /** Whose keys are written, where not everybody's are. */
  private final Set<Long> followed = ConcurrentHashMap.newKeySet();

  /** Opens the files. */
  @FunctionalInterface
  public interface Files {
    /** For who reads configurations outside a proxy. */
    Files NONE =
        path -> {
          throw new ConfigException("no keys are written here: " + path);
        };

    /**
     * One that lines are added to, from any thread.
     *
     * @throws ConfigException in Envoy's words when it cannot be opened
     */
    Consumer<String> open(String path) throws ConfigException;
  }

  private KeyLog(CidrRanges local, CidrRanges remote, Consumer<String> lines) {
    this.local = local;
    this.remote = remote;
    this.lines = lines;
  }

  static KeyLog read(TlsKeyLog config, String path, Files files) throws ConfigException {
    return new KeyLog(
        CidrRanges.of(config.getLocalAddressRangeList(), path + ".local_address_range"),
        CidrRanges.of(config.getRemoteAddressRangeList(), path + ".remote_address_range"),
        files.open(config.getPath()));
  }

  /** Hears of the keys of all connections of a context. */
  void hear(SslContext context) {
    long boringSsl = LibraryContext.of(context);
    if (boringSsl != 0) {
      SSLContext.setKeyLogCallback(boringSsl, this::write);
    }
  }

  /** A connection is about to shake hands. */
  void follow(Channel channel, SSLEngine engine) {
    if (!areAll()
        && engine instanceof ReferenceCountedOpenSslEngine boringSsl
        && concerns(channel.localAddress(), channel.remoteAddress())) {
      long ssl = boringSsl.sslPointer();
      followed.add(ssl);
      channel.closeFuture().addListener(closed -> followed.remove(ssl));
    }
  }

  /** Whether the keys of a connection between these addresses are to be written. */
  boolean concerns(@Nullable SocketAddress here, @Nullable SocketAddress there) {
    return contains(local, here) && contains(remote, there);
  }

  private boolean areAll() {
    return local.isEmpty() && remote.isEmpty();
  }

  private static boolean contains(CidrRanges ranges, @Nullable SocketAddress address) {
    return ranges.isEmpty()
        || (address instanceof InetSocketAddress ip && ranges.contains(ip.getAddress()));
  }

  private void write(long ssl, byte[] line) {
    if (areAll() || followed.contains(ssl)) {
      write(new String(line, StandardCharsets.US_ASCII));
    }
  }

  /** Of a connection that it {@link #concerns}. */
  void write(String line) {
    lines.accept(line + "\n");
  }
}
