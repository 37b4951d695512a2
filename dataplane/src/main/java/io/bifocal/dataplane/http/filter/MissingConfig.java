package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.ResponseFlag;

/** Stands where a filter should be whose configuration has not been discovered. */
final class MissingConfig implements HttpFilter {
  private static final LocalReply REPLY =
      new LocalReply(500, "", ResponseFlag.NO_FILTER_CONFIG_FOUND, "");

  private final FilterStream stream;

  MissingConfig(FilterStream stream) {
    this.stream = stream;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    stream.localReply(REPLY);
    return HeadStatus.STOP_ALL;
  }
}
