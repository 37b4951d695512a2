package io.bifocal.conformance.http;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * One proxy with an upstream of its own behind its cluster {@code upstream}, and an access log
 * whose lines say what {@link #LOGGED} names.
 */
final class HttpSide {
  private static final String LOGGED =
      "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %REQ(:METHOD)% %BYTES_RECEIVED%"
          + " %BYTES_SENT% %ACCESS_LOG_TYPE%";

  private final Proxy proxy;
  private final HearingUpstream upstream;
  private final Path log;
  private int linesTaken;

  private HttpSide(Proxy proxy, HearingUpstream upstream, Path log) {
    this.proxy = proxy;
    this.upstream = upstream;
    this.log = log;
  }

  /**
   * What is configured, as flow YAML without the braces around it.
   *
   * @param manager further fields of the connection manager, such as {@code "via: me"}, or empty
   * @param virtualHosts the content of {@code virtual_hosts}
   * @param filters those before the router, each ending with a comma, or empty
   * @param cluster further fields of the cluster, or empty
   */
  record Config(String manager, String virtualHosts, String filters, String cluster) {
    static final Config PLAIN =
        new Config(
            "",
            "{name: all, domains: [\"*\"], routes: [{match: {prefix: /}, route: {cluster:"
                + " upstream}}]}",
            "",
            "");

    Config withManager(String fields) {
      return new Config(fields, virtualHosts, filters, cluster);
    }

    Config withVirtualHosts(String hosts) {
      return new Config(manager, hosts, filters, cluster);
    }

    Config withFilters(String before) {
      return new Config(manager, virtualHosts, before, cluster);
    }

    Config withCluster(String fields) {
      return new Config(manager, virtualHosts, filters, fields);
    }

    String bootstrap(InetSocketAddress upstream, Path log) {
      return """
          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          static_resources:
            listeners:
            - name: ingress
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains:
              - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
                    stat_prefix: ingress, delayed_close_timeout: 0.05s, drain_timeout: 0.05s,
                    access_log: [{name: file, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
                      path: "%s", log_format: {text_format_source: {inline_string: "%s\\n"}}}}],
                    route_config: {name: routes, virtual_hosts: [%s]},
                    http_filters: [%s {name: envoy.filters.http.router, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]
                    %s}
            clusters:
            - {name: upstream, type: STATIC, connect_timeout: 5s, load_assignment: {cluster_name: upstream,
                endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
                %s}
          """
          .formatted(
              log,
              LOGGED,
              virtualHosts,
              filters,
              manager.isEmpty() ? "" : ", " + manager,
              upstream.getPort(),
              cluster.isEmpty() ? "" : ", " + cluster);
    }
  }

  /** Makes sides of one configuration, with upstreams that answer alike. */
  static SideBySide.Maker<HttpSide> of(Config config, HearingUpstream.Answers answers) {
    return (subject, started) -> make(subject, started, config, answers);
  }

  private static HttpSide make(
      Subject subject, Started started, Config config, HearingUpstream.Answers answers) {
    HearingUpstream upstream = started.keep(new HearingUpstream(answers));
    Path log = started.directory().resolve(subject + ".access.log");
    Proxy proxy =
        started
            .start(
                subject,
                List.of(),
                config.bootstrap(upstream.address(), log),
                List.of("--file-flush-interval-msec", "20", "-l", "warning"))
            .awaitLive();
    return new HttpSide(proxy, upstream, log);
  }

  Proxy proxy() {
    return proxy;
  }

  HearingUpstream upstream() {
    return upstream;
  }

  InetSocketAddress listener() {
    return proxy.listener("ingress");
  }

  /** The next lines of the access log, once there are so many. */
  List<String> takeLogged(int lines) {
    int from = linesTaken;
    List<String> all =
        await("%d lines more in %s".formatted(lines, log))
            .atMost(Duration.ofSeconds(10))
            .pollInterval(Duration.ofMillis(5))
            .until(this::lines, found -> found.size() >= from + lines);
    linesTaken = all.size();
    return List.copyOf(all.subList(from, all.size()));
  }

  private List<String> lines() {
    return AccessLogFile.lines(log);
  }
}
