package io.bifocal.dataplane.http.router;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.AttemptHeaders;
import io.bifocal.dataplane.http.route.ClusterChoice;
import io.bifocal.dataplane.http.route.HostRewrite;
import io.bifocal.dataplane.http.route.Mirror;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.Timeouts;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The copies of one request that go to other clusters ({@code request_mirror_policies}), as it goes
 * upstream itself. Source: Envoy's {@code ShadowWriterImpl}.
 */
final class Mirrors {
  private final List<MirroredRequest> copies = new ArrayList<>(1);

  /** Where the copies go, and how. */
  record Way(
      Loop loop,
      WorkerClusters clusters,
      RouterSettings settings,
      RequestTimeouts timeouts,
      DownstreamStream original) {}

  /** Makes the copies, and sends them off. */
  void start(List<Mirror> policies, Way way, boolean requestEnded) {
    for (int i = 0; i < policies.size(); i++) {
      Mirror policy = policies.get(i);
      if (policy.includes(ThreadLocalRandom.current().nextLong() >>> 1)) {
        start(policy, way, requestEnded);
      }
    }
  }

  private void start(Mirror policy, Way way, boolean requestEnded) {
    RequestHead original = way.original.request();
    String name = policy.clusterFor(original);
    WorkerCluster cluster = name.isEmpty() ? null : way.clusters.find(name);
    if (cluster == null) {
      return;
    }
    MirroredRequest copy =
        new MirroredRequest(head(original, policy, way), way.original.bufferLimit(), way.loop);
    copies.add(copy);
    copy.start(
        new RouterRequest(
            way.loop,
            way.clusters,
            cluster,
            copy,
            route(name, way.timeouts.whole),
            way.settings,
            requestEnded),
        requestEnded);
  }

  private static RequestHead head(RequestHead original, Mirror policy, Way way) {
    HttpHeaders headers = original.headers.copy();
    headers.set(EnvoyHeaders.INTERNAL, "true");
    if (way.original.info().downstreamLocal instanceof Address.Ip local) {
      String here = InetAddresses.toAddrString(local.ip());
      String before = headers.get(HeaderNames.X_FORWARDED_FOR, "");
      headers.set(HeaderNames.X_FORWARDED_FOR, before.isEmpty() ? here : before + "," + here);
    }
    return new RequestHead(
        original.method,
        original.path,
        policy.suffix() ? suffixed(original.authority) : original.authority,
        original.hasHost,
        headers);
  }

  private static String suffixed(String authority) {
    int port = authority.lastIndexOf(':');
    return port < 0 || port < authority.indexOf(']')
        ? authority + "-shadow"
        : authority.substring(0, port) + "-shadow" + authority.substring(port);
  }

  private static RouteAction.Forward route(String cluster, long timeoutMillis) {
    return new RouteAction.Forward(
        new ClusterChoice.Named(cluster, null),
        503,
        null,
        new HostRewrite(null, false),
        new Timeouts(Duration.ofMillis(timeoutMillis), null, null, null, null),
        null,
        null,
        List.of(),
        null,
        null,
        false,
        AttemptHeaders.NONE,
        Map.of(),
        Long.MAX_VALUE);
  }

  void onBody(ByteBuf data, boolean end) {
    for (int i = 0; i < copies.size(); i++) {
      copies.get(i).onBody(data.retainedDuplicate(), end);
    }
  }

  void onTrailers(HttpHeaders trailers) {
    for (int i = 0; i < copies.size(); i++) {
      copies.get(i).onTrailers(trailers.copy());
    }
  }

  /** What the client had sent has been read. */
  void onReadComplete() {
    for (int i = 0; i < copies.size(); i++) {
      copies.get(i).onReadComplete();
    }
  }

  /** The request will never be whole. */
  void cancel() {
    copies.forEach(MirroredRequest::cancel);
  }
}
