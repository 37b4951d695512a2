package io.bifocal.dataplane.http.filter;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** A request's way through one filter: from the client to the next filter. */
final class RequestPassage extends Passage {
  private final FilterSlot slot;
  private final int at;

  RequestPassage(FilterSlot slot, int at) {
    this.slot = slot;
    this.at = at;
  }

  @Override
  HeadStatus filterHead(boolean end) {
    return slot.filter.decodeHead(slot.request(), end);
  }

  @Override
  DataStatus filterData(ByteBuf data, boolean end) {
    return slot.filter.decodeData(data, end);
  }

  @Override
  TrailersStatus filterTrailers(HttpHeaders trailers) {
    return slot.filter.decodeTrailers(trailers);
  }

  @Override
  void passHead(boolean end) {
    slot.chain.requestHead(at + 1, end);
  }

  @Override
  void passData(ByteBuf data, boolean end) {
    slot.chain.requestData(at + 1, data, end);
  }

  @Override
  void passTrailers(HttpHeaders trailers) {
    slot.chain.requestTrailers(at + 1, trailers);
  }

  @Override
  boolean over() {
    return slot.chain.isDestroyed() || slot.chain.isAnswered();
  }

  // What a filter has not seen it cannot object to: the client waits.
  @Override
  void onHeld(long bytes, boolean unseen) {
    if (bytes > slot.decoderLimit() && !unseen) {
      slot.chain.answeredHere();
      slot.chain.ends.requestTooLarge();
    } else if (bytes >= slot.decoderLimit() && unseen) {
      slot.chain.ends.readRequest(false);
    }
  }

  @Override
  void onReleased() {
    slot.chain.ends.readRequest(true);
  }
}
