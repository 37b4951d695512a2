package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds out which HTTP a client speaks in plain text.
 *
 * <p>Source: {@code envoy.extensions.filters.listener.http_inspector.v3.HttpInspector}; counts
 * under {@code http_inspector.}
 */
final class HttpInspector implements ListenerFilter {
  private static final int MAX_LINE = 64 * 1024;
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final Pattern REQUEST_LINE =
      Pattern.compile(
          "[!#$%&'*+.^_`|~0-9A-Za-z-]+ +(/\\S*|\\*|[a-z]+://\\S+)( +HTTP/(\\d\\.\\d))? *");

  private final Stats stats;
  private int searched;

  private HttpInspector(Stats stats) {
    this.stats = stats;
  }

  /** One worker's cells. */
  private static final class Stats {
    final Cell http10;
    final Cell http11;
    final Cell http2;
    final Cell notFound;

    Stats(Scope root, int shard) {
      Scope scope = root.scope("http_inspector");
      http10 = scope.counter("http10_found").at(shard);
      http11 = scope.counter("http11_found").at(shard);
      http2 = scope.counter("http2_found").at(shard);
      notFound = scope.counter("http_not_found").at(shard);
    }
  }

  static ListenerFilterFactory factory(Any any) throws ConfigException {
    var unused =
        Unpack.as(
            io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector
                .getDefaultInstance(),
            any);
    return (root, shard) -> {
      Stats stats = new Stats(root, shard);
      return () -> new HttpInspector(stats);
    };
  }

  /** What is encrypted is not looked at. */
  @Override
  public Verdict onAccept(AcceptedConnection connection) {
    return connection.transportProtocol().equals("raw_buffer") ? Verdict.MORE : Verdict.CONTINUE;
  }

  @Override
  public Verdict onData(ByteBuf bytes, AcceptedConnection connection) {
    int start = bytes.readerIndex();
    int same = 0;
    int most = Math.min(bytes.readableBytes(), PREFACE.length);
    while (same < most && bytes.getByte(start + same) == PREFACE[same]) {
      same++;
    }
    if (same == PREFACE.length) {
      return found(stats.http2, "h2c", connection);
    }
    if (same == bytes.readableBytes()) {
      return Verdict.MORE;
    }
    int end = lineEnd(bytes);
    if (end < 0) {
      return bytes.readableBytes() < MAX_LINE && mayBegin(bytes) ? Verdict.MORE : notFound();
    }
    var line =
        REQUEST_LINE.matcher(bytes.toString(start, end - start, StandardCharsets.ISO_8859_1));
    if (!line.matches()) {
      return notFound();
    }
    // As Envoy: whatever is no newer version is an older one.
    return "1.1".equals(line.group(3))
        ? found(stats.http11, "http/1.1", connection)
        : found(stats.http10, "http/1.0", connection);
  }

  private int lineEnd(ByteBuf bytes) {
    int from = bytes.readerIndex() + searched;
    for (int i = from; i < bytes.writerIndex(); i++) {
      if (bytes.getByte(i) == '\r' || bytes.getByte(i) == '\n') {
        return i;
      }
    }
    searched = bytes.readableBytes();
    return -1;
  }

  /** A method begins with a letter: what does not, need not be waited for. */
  private static boolean mayBegin(ByteBuf bytes) {
    return Character.isLetter(bytes.getByte(bytes.readerIndex()) & 0xFF);
  }

  private Verdict notFound() {
    stats.notFound.inc();
    return Verdict.CONTINUE;
  }

  private static Verdict found(Cell cell, String protocol, AcceptedConnection connection) {
    cell.inc();
    connection.foundApplicationProtocols(List.of(protocol));
    return Verdict.CONTINUE;
  }
}
