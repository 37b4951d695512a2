package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.function.Consumer;

/** Changes the heads of one stream's messages. */
final class HeaderMutationFilter implements HttpFilter {
  private final FilterStream stream;
  private final Mutations own;
  private final boolean specificWins;

  HeaderMutationFilter(FilterStream stream, Mutations own, boolean specificWins) {
    this.stream = stream;
    this.own = own;
    this.specificWins = specificWins;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    each(mutations -> mutations.onRequest(head, stream.info()));
    return HeadStatus.CONTINUE;
  }

  @Override
  public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    each(mutations -> mutations.onResponse(headers, stream.info()));
    return HeadStatus.CONTINUE;
  }

  private void each(Consumer<Mutations> action) {
    action.accept(own);
    List<Object> routes = stream.routeConfigs();
    for (int i = 0; i < routes.size(); i++) {
      // Of another kind's configuration under this filter's name there is nothing to do.
      if (routes.get(specificWins ? i : routes.size() - 1 - i) instanceof Mutations mutations) {
        action.accept(mutations);
      }
    }
  }
}
