package io.bifocal.dataplane.http.filter;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** An answer's way through one filter: from the upstream to the filter before. */
final class ResponsePassage extends Passage {
  private final FilterSlot slot;
  private final int at;

  ResponsePassage(FilterSlot slot, int at) {
    this.slot = slot;
    this.at = at;
  }

  @Override
  HeadStatus filterHead(boolean end) {
    return slot.filter.encodeHead(slot.chain.status(), slot.chain.headers(), end);
  }

  @Override
  DataStatus filterData(ByteBuf data, boolean end) {
    return slot.filter.encodeData(data, end);
  }

  @Override
  TrailersStatus filterTrailers(HttpHeaders trailers) {
    return slot.filter.encodeTrailers(trailers);
  }

  @Override
  void passHead(boolean end) {
    slot.chain.responseHead(at - 1, end);
  }

  @Override
  void passData(ByteBuf data, boolean end) {
    slot.chain.responseData(at - 1, data, end);
  }

  @Override
  void passTrailers(HttpHeaders trailers) {
    slot.chain.responseTrailers(at - 1, trailers);
  }

  @Override
  boolean over() {
    return slot.chain.isDestroyed();
  }

  @Override
  void onHeld(long bytes, boolean unseen) {
    if (bytes > slot.bufferLimit()) {
      slot.chain.ends.responseTooLarge();
    }
  }

  @Override
  void onReleased() {}
}
