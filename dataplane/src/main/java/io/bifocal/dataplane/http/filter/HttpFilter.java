package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * One filter on one stream. All calls come on the stream's worker, one at a time, and must not
 * block; none comes after {@link #onDestroy}. A filter that stopped goes on by way of its {@link
 * FilterStream}, but not from within the call that stopped.
 */
public interface HttpFilter {
  /** Makes the filter of each stream, on the stream's worker; shared by all workers. */
  @FunctionalInterface
  interface Maker {
    /**
     * A stream begins.
     *
     * @param stream what the filter may know of it and do with it, from its first call on
     */
    HttpFilter make(FilterStream stream);
  }

  /**
   * A request begins.
   *
   * @param head may be changed
   * @param end whether there is no body
   */
  default HeadStatus decodeHead(RequestHead head, boolean end) {
    return HeadStatus.CONTINUE;
  }

  /**
   * A part of the request's body, maybe an empty one.
   *
   * @param data the filter's own if it answers {@link DataStatus#TAKEN}, else to be read only
   * @param end whether it is the last
   */
  default DataStatus decodeData(ByteBuf data, boolean end) {
    return DataStatus.CONTINUE;
  }

  /**
   * The request's end, with fields that came behind its body; none of the parts was the last then.
   *
   * @param trailers may be changed
   */
  default TrailersStatus decodeTrailers(HttpHeaders trailers) {
    return TrailersStatus.CONTINUE;
  }

  /**
   * An answer begins: the upstream's, or one that was made here.
   *
   * @param headers may be changed
   * @param end whether there is no body
   */
  default HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    return HeadStatus.CONTINUE;
  }

  /** A part of the answer's body; as {@link #decodeData}. */
  default DataStatus encodeData(ByteBuf data, boolean end) {
    return DataStatus.CONTINUE;
  }

  /** The answer's end, with fields behind its body; as {@link #decodeTrailers}. */
  default TrailersStatus encodeTrailers(HttpHeaders trailers) {
    return TrailersStatus.CONTINUE;
  }

  /** The stream is over, whether it came to its end or not. */
  default void onDestroy() {}
}
