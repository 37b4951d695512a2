package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** Whether a request may go on to its route: one that may not is answered. */
final class Admission {
  private final HttpConnection connection;

  Admission(HttpConnection connection) {
    this.connection = connection;
  }

  /** Brings the request into its normal form; whether it may go on. */
  boolean admits(RequestHead head, StreamInfo info, Response response) {
    HttpSettings settings = connection.settings;
    if (settings.underscores() != null && refusesNames(head.headers, settings.underscores())) {
      response.closeAfterwards();
      info.path = ""; // as of every request that cannot be read
      info.authority = "";
      response.localReply(StreamReplies.UNDERSCORE);
      return false;
    }
    Refusal refusal = Refusal.check(head, settings, connection.downstream);
    info.path = head.path;
    info.authority = head.authority;
    if (refusal != null) {
      LocalAnswer.refuse(response, refusal);
      return false;
    }
    LocalReply unknownClient = settings.client().refusal(head.headers, connection.downstream);
    if (unknownClient != null) {
      connection.stats.rqIpDetectionRejected.inc();
      response.localReply(unknownClient);
      return false;
    }
    return true;
  }

  private boolean refusesNames(HttpHeaders headers, HttpSettings.Underscores action) {
    List<String> names = HeaderNames.withUnderscores(headers);
    if (names.isEmpty()) {
      return false;
    }
    boolean rejects = action == HttpSettings.Underscores.REJECT;
    connection.here.underscores.seen(rejects, names.size());
    names.forEach(headers::remove);
    return rejects;
  }
}
