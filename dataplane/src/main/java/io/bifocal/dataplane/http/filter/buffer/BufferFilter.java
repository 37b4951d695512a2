package io.bifocal.dataplane.http.filter.buffer;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.DataStatus;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request that is held until it is whole. */
final class BufferFilter implements HttpFilter {
  private final FilterStream stream;
  private int limit;
  private long length;
  private @Nullable HttpHeaders headers;

  BufferFilter(FilterStream stream, int limit) {
    this.stream = stream;
    this.limit = limit;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    if (end) {
      return HeadStatus.CONTINUE;
    }
    // Not before: a filter ahead may have had to wait for the route.
    List<Object> routes = stream.routeConfigs();
    if (!routes.isEmpty() && routes.get(routes.size() - 1) instanceof Integer most) {
      limit = most;
    }
    if (limit == BufferFactory.NOT_HERE) {
      return HeadStatus.CONTINUE;
    }
    stream.decoderBufferLimit(limit);
    headers = head.headers;
    return HeadStatus.STOP;
  }

  @Override
  public DataStatus decodeData(ByteBuf data, boolean end) {
    length += data.readableBytes();
    HttpHeaders waiting = headers;
    if (waiting == null) {
      return DataStatus.CONTINUE;
    }
    if (!end) {
      return DataStatus.STOP_AND_BUFFER;
    }
    if (length > limit) {
      return DataStatus.STOP_AND_BUFFER; // the last part is one too many
    }
    headers = null;
    if (!waiting.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      waiting.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
    }
    return DataStatus.CONTINUE;
  }
}
