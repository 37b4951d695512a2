package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.router.LocalReply;
import io.bifocal.dataplane.stream.ResponseFlag;
import org.jspecify.annotations.Nullable;

/** Stands where a filter should be whose configuration has not been discovered. */
final class MissingConfig implements HttpFilter {
  private static final LocalReply REPLY =
      new LocalReply(500, "", ResponseFlag.NO_FILTER_CONFIG_FOUND, "");

  private @Nullable FilterStream stream;

  @Override
  public void onStream(FilterStream given) {
    stream = given;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    if (stream != null) {
      stream.localReply(REPLY);
    }
    return HeadStatus.STOP_ALL;
  }
}
