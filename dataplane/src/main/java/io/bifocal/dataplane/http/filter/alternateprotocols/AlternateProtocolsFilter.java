package io.bifocal.dataplane.http.filter.alternateprotocols;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.grid.GridOptions;
import io.bifocal.dataplane.grid.Origin;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells the cluster's cache what an answer says of other protocols. The origin is that of the
 * connection, not the one that the client asked for: it is hosts that speak HTTP/3. Source: Envoy's
 * filter of that name.
 */
final class AlternateProtocolsFilter implements HttpFilter {
  private static final AsciiString ALT_SVC = AsciiString.cached("alt-svc");

  private final FilterStream stream;

  AlternateProtocolsFilter(FilterStream stream) {
    this.stream = stream;
  }

  @Override
  public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
    if (headers.contains(ALT_SVC)) {
      WorkerCluster cluster = stream.upstream();
      GridOptions grid = cluster == null ? null : cluster.config().http().grid();
      Origin origin = grid == null ? null : origin(stream.info());
      if (grid != null && origin != null) {
        List<String> fields = headers.getAll(ALT_SVC);
        grid.cache().learn(origin, fields.size() == 1 ? fields.get(0) : String.join(",", fields));
      }
    }
    return HeadStatus.CONTINUE;
  }

  // Null for an answer that was made here, or that came by no connection with a name.
  private static @Nullable Origin origin(StreamInfo info) {
    Host host = info.upstreamHost;
    if (host == null || info.upstreamRemote == null || !(host.primary() instanceof Address.Ip ip)) {
      return null;
    }
    String asked = info.upstreamTls == null ? "" : info.upstreamTls.askedFor();
    return Origin.of(asked, host.hostname(), ip.port());
  }
}
