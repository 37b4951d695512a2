package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes the headers of one stream. */
final class HeaderMutationFilter implements HttpFilter {
  private final Mutations own;
  private final boolean specificWins;
  private @Nullable FilterStream stream;

  HeaderMutationFilter(Mutations own, boolean specificWins) {
    this.own = own;
    this.specificWins = specificWins;
  }

  @Override
  public void onStream(FilterStream given) {
    stream = given;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    FilterStream current = stream;
    if (current != null) {
      each(current, mutations -> mutations.onRequest(head.headers, current.info()));
    }
    return HeadStatus.CONTINUE;
  }

  @Override
  public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    FilterStream current = stream;
    if (current != null) {
      each(current, mutations -> mutations.onResponse(headers, current.info()));
    }
    return HeadStatus.CONTINUE;
  }

  private void each(FilterStream current, Consumer<Mutations> action) {
    action.accept(own);
    List<Object> routes = current.routeConfigs();
    for (int i = 0; i < routes.size(); i++) {
      // Of another kind's configuration under this filter's name there is nothing to do.
      if (routes.get(specificWins ? i : routes.size() - 1 - i) instanceof Mutations mutations) {
        action.accept(mutations);
      }
    }
  }
}
