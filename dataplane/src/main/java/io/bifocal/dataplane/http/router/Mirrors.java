package io.bifocal.dataplane.http.router;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.ClusterChoice;
import io.bifocal.dataplane.http.route.Mirror;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.Timeouts;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The copies of one request that go to other clusters ({@code request_mirror_policies}), as it goes
 * upstream itself. Source: Envoy's {@code ShadowWriterImpl}.
 */
final class Mirrors {
  private final RouterWorker here;
  private final DownstreamStream original;
  private final long timeoutMillis;
  private final List<MirroredRequest> copies = new ArrayList<>(1);

  /**
   * @param timeoutMillis from the request's end to the answer's; 0 for ever
   */
  Mirrors(RouterWorker here, DownstreamStream original, long timeoutMillis) {
    this.here = here;
    this.original = original;
    this.timeoutMillis = timeoutMillis;
  }

  /** Makes the copies, and sends them off. */
  void start(List<Mirror> policies, boolean requestEnded) {
    for (int i = 0; i < policies.size(); i++) {
      Mirror policy = policies.get(i);
      if (policy.includes(ThreadLocalRandom.current().nextLong() >>> 1)) {
        start(policy, requestEnded);
      }
    }
  }

  private void start(Mirror policy, boolean requestEnded) {
    String name = policy.clusterFor(original.request());
    WorkerCluster cluster = name.isEmpty() ? null : here.clusters().find(name);
    if (cluster == null) {
      return;
    }
    MirroredRequest copy =
        new MirroredRequest(
            head(policy), original.connection(), original.bufferLimit(), here.loop());
    copies.add(copy);
    RouterRequest way =
        new RouterRequest(here, cluster, copy, route(name), null, null, requestEnded);
    copy.start(way, requestEnded);
  }

  private RequestHead head(Mirror policy) {
    RequestHead head = original.request();
    HttpHeaders headers = head.headers.copy();
    headers.set(EnvoyHeaders.INTERNAL, "true");
    if (original.info().downstreamLocal instanceof Address.Ip local) {
      String there = InetAddresses.toAddrString(local.ip());
      String before = headers.get(HeaderNames.X_FORWARDED_FOR, "");
      headers.set(HeaderNames.X_FORWARDED_FOR, before.isEmpty() ? there : before + "," + there);
    }
    return new RequestHead(
        head.method,
        head.path,
        policy.suffix() ? suffixed(head.authority) : head.authority,
        head.hasHost,
        headers);
  }

  private static String suffixed(String authority) {
    int port = authority.lastIndexOf(':');
    return port < 0 || port < authority.indexOf(']')
        ? authority + "-shadow"
        : authority.substring(0, port) + "-shadow" + authority.substring(port);
  }

  private RouteAction.Forward route(String cluster) {
    return RouteAction.Forward.of(
        new ClusterChoice.Named(cluster, null),
        new Timeouts(Duration.ofMillis(timeoutMillis), null, null, null, null));
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
