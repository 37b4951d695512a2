package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A copy of a request: it goes its own way, and nobody waits for its answer. */
final class MirroredRequest implements DownstreamStream {
  private final RequestHead head;
  private final StreamInfo info = new StreamInfo();
  private final @Nullable DownstreamConnection connection;
  private final int bufferLimit;
  private final Loop loop;
  private @Nullable RouterRequest router;
  private Loop.@Nullable Timer timer;
  private boolean over;

  /**
   * A copy that is not yet sent.
   *
   * @param connection the original's
   */
  MirroredRequest(
      RequestHead head, @Nullable DownstreamConnection connection, int bufferLimit, Loop loop) {
    this.head = head;
    this.connection = connection;
    this.bufferLimit = bufferLimit;
    this.loop = loop;
    info.method = head.method;
    info.path = head.path;
    info.authority = head.authority;
    info.requestHeaders = head.headers;
    info.startNanos = loop.nanoTime();
    info.startEpochMillis = loop.wallTime().toEpochMilli();
  }

  void start(RouterRequest way, boolean requestEnded) {
    router = way;
    if (requestEnded) {
      watch(way);
    }
    way.start();
    way.onDownstreamReadComplete();
  }

  void onBody(ByteBuf data, boolean end) {
    RouterRequest way = router;
    if (over || way == null) {
      data.release();
      return;
    }
    if (end) {
      watch(way);
    }
    way.onRequestBody(data, end);
  }

  void onTrailers(HttpHeaders trailers) {
    RouterRequest way = router;
    if (!over && way != null) {
      watch(way);
      way.onRequestTrailers(trailers);
    }
  }

  private void watch(RouterRequest way) {
    if (way.timeout() > 0) {
      timer = loop.schedule(Duration.ofNanos(way.timeout()), way::onTimeout);
    }
  }

  /** What the client had sent has been read. */
  void onReadComplete() {
    if (!over && router != null) {
      router.onDownstreamReadComplete();
    }
  }

  void cancel() {
    if (!over && router != null) {
      router.cancel();
      end();
    }
  }

  private void end() {
    over = true;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  // ---- what the router sees

  @Override
  public RequestHead request() {
    return head;
  }

  @Override
  public @Nullable DownstreamConnection connection() {
    return connection;
  }

  @Override
  public StreamInfo info() {
    return info;
  }

  @Override
  public void respondHead(int status, HttpHeaders headers, boolean end) {
    if (end) {
      end();
    }
  }

  @Override
  public void respondBody(ByteBuf data, boolean end) {
    data.release();
    if (end) {
      end();
    }
  }

  @Override
  public void respondTrailers(HttpHeaders trailers) {
    end();
  }

  @Override
  public void respondInformational(int status, HttpHeaders headers) {}

  @Override
  public void flush() {}

  @Override
  public void localReply(LocalReply reply) {
    end();
  }

  @Override
  public void reset(ResponseFlag flag, String details) {
    end();
  }

  /** Who cannot take the copy as fast as the request comes does without it. */
  @Override
  public void readRequest(boolean on) {
    if (!on) {
      loop.execute(this::cancel);
    }
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public int bufferLimit() {
    return bufferLimit;
  }
}
