package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.javacontrolplane.ControlPlane;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A subject on the near side, and the control plane that gives it one trial's cluster at a time.
 */
final class Contestant {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(5);

  private final Proxy proxy;
  private final ControlPlane controlPlane;
  private final Path accessLog;
  private final InetSocketAddress ingress;
  private int versions;

  Contestant(Subject subject, Lab lab, Started started) {
    controlPlane = started.keep(new ControlPlane(new InetSocketAddress(lab.hostAddress(), 0)));
    controlPlane.publish("v0", List.of(), List.of(), List.of(), List.of());
    accessLog = started.directory().resolve(subject + ".access.log");
    proxy =
        started
            .start(
                subject,
                before(lab.near()),
                NearBootstrap.yaml(lab, controlPlane.port(), accessLog),
                List.of("--file-flush-interval-msec", "20", "-l", "warning"))
            .awaitLive();
    ingress = proxy.listener("ingress");
  }

  /** Times are what this is about: nobody else on this machine comes first. */
  private static List<String> before(List<String> command) {
    return Stream.concat(Stream.of("nice", "-n", "-10"), command.stream()).toList();
  }

  boolean isAlive() {
    return proxy.program().isAlive();
  }

  /** Replaces the cluster, and returns when requests can go to it. */
  void publish(Cluster cluster, List<ClusterLoadAssignment> assignments) {
    versions++;
    controlPlane.publish("v" + versions, List.of(cluster), assignments, List.of(), List.of());
    String ready = cluster.getName() + "::";
    await("cluster " + cluster.getName() + ", of which it was said " + controlPlane.nacks())
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .until(() -> proxy.admin("/clusters").body().contains(ready));
  }

  /** The different error details of the refusals so far. */
  List<String> nacks() {
    return controlPlane.nacks();
  }

  /** What the admin interface says. */
  String admin(String path) {
    return proxy.admin(path).body();
  }

  /** Sets a value of the runtime. */
  void runtime(String key, String value) {
    assertThat(Http.post(proxy.adminAddress(), "/runtime_modify?" + key + "=" + value).status())
        .isEqualTo(200);
  }

  long stat(String name) {
    return proxy.stat(name);
  }

  /** A client's connection to a listener. */
  Socket connect(String listener) throws IOException {
    InetSocketAddress address = proxy.listener(listener);
    return new Socket(address.getAddress(), address.getPort());
  }

  /** A request to a cluster. */
  Http.Response request(String cluster, Race.Request request) {
    Map<String, String> headers = new TreeMap<>(request.headers());
    headers.put("x-cluster", cluster);
    return Http.request(ingress, request.method(), "/", headers, request.body());
  }

  /** The lines of the access log about a cluster, once there are so many. */
  List<String> logged(String cluster, int lines) {
    return await("lines of the access log about " + cluster)
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .until(() -> lines(cluster), found -> found.size() >= lines);
  }

  private List<String> lines(String cluster) {
    return AccessLogFile.lines(accessLog).stream()
        .filter(line -> line.startsWith(cluster + " "))
        .map(line -> line.substring(cluster.length() + 1))
        .toList();
  }

  /** A cluster's counters of connections and requests, those that are not zero. */
  SortedMap<String, Long> counters(String cluster) {
    String prefix = "cluster." + cluster + ".";
    SortedMap<String, Long> counters = new TreeMap<>();
    proxy
        .stats()
        .forEach(
            (name, value) -> {
              if (name.startsWith(prefix) && isCompared(name.substring(prefix.length()), value)) {
                counters.put(name.substring(prefix.length()), Long.parseLong(value));
              }
            });
    return counters;
  }

  /**
   * Normalised: octets depend on the proxy's own headers, how often a writer had to wait on sizes
   * of reads and buffers; histograms are no numbers.
   */
  private static boolean isCompared(String name, String value) {
    return (name.startsWith("upstream_") || name.equals("bind_errors"))
        && !name.contains("bytes")
        && !name.contains("flow_control")
        && value.matches("[1-9][0-9]*");
  }
}
