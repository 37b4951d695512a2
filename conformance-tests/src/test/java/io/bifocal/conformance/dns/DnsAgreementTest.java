package io.bifocal.conformance.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SilentAddress;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.dns.NameServer.Answer;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What answers mean to clusters: the real Envoy's opinion, and ours. */
@LongRun
class DnsAgreementTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final List<String> FAMILIES =
      List.of("AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL");
  private static final Answer V6 = Answer.of("2001:db8::1", "2001:db8::2");
  private static final Answer V4 = Answer.of("10.0.0.1", "10.0.0.2");
  private static final Answer NONE = Answer.of();
  private static final Answer NO_SUCH_NAME = Answer.code(DnsResponseCode.NXDOMAIN);
  private static final Answer FAILS = Answer.code(DnsResponseCode.SERVFAIL);
  private static final Answer REFUSES = Answer.code(DnsResponseCode.REFUSED);

  @RegisterExtension final Stage stage = new Stage();

  /** What a name says for IPv6 and for IPv4. */
  private record Said(Answer ipv6, Answer ipv4) {}

  private static Map<String, Said> cases() {
    Map<String, Said> cases = new LinkedHashMap<>();
    cases.put("both", new Said(V6, V4));
    cases.put("only6", new Said(V6, NONE));
    cases.put("only4", new Said(NONE, V4));
    cases.put("fails6", new Said(FAILS, V4));
    cases.put("fails4", new Said(V6, FAILS));
    cases.put("refuses6", new Said(REFUSES, V4));
    cases.put("none-fails", new Said(NONE, FAILS));
    cases.put("fails-none", new Said(FAILS, NONE));
    cases.put("gone-fails", new Said(NO_SUCH_NAME, FAILS));
    cases.put("gone", new Said(NO_SUCH_NAME, NO_SUCH_NAME));
    cases.put("none", new Said(NONE, NONE));
    cases.put("fails", new Said(FAILS, FAILS));
    return cases;
  }

  @Test
  void afterAGoodAnswerEveryOtherOneMeansTheSame() throws Exception {
    try (Plays<Subject, Map<String, String>> both = Plays.sideBySide(this::outcomes)) {
      Map<String, String> envoy = both.of(Subject.ENVOY);
      assertThat(envoy).hasSize(cases().size() * FAMILIES.size() * 2);
      assertThat(both.of(Subject.BIFOCAL)).isEqualTo(envoy);
    }
  }

  /**
   * By cluster: its hosts (how many, if they are raced) and whether it counts success or failure.
   */
  private Map<String, String> outcomes(Subject subject) throws Exception {
    NameServer names = stage.keep(NameServer.start());
    cases().keySet().forEach(name -> names.says(name + ".test", V6, V4));
    Map<String, String> clusters = clusters(names);
    Proxy proxy = stage.start(subject, bootstrap(clusters.values())).awaitLive();
    cases().forEach((name, said) -> names.says(name + ".test", said.ipv6(), said.ipv4()));
    // The second question after the change is one that was asked after it.
    Map<String, String> before = awaitAttempts(proxy, clusters.keySet(), proxy.stats(), 3);
    Map<String, String> after = awaitAttempts(proxy, clusters.keySet(), before, 3);
    Map<String, String> outcomes = new TreeMap<>();
    String listed = proxy.admin("/clusters").body();
    for (String cluster : clusters.keySet()) {
      List<String> hosts =
          listed
              .lines()
              .filter(line -> line.startsWith(cluster + "::") && line.endsWith("::cx_active::0"))
              .map(line -> line.substring(cluster.length() + 2, line.indexOf("::cx_active")))
              .sorted()
              .toList();
      outcomes.put(
          cluster,
          (cluster.startsWith("logical") ? hosts.size() + " host" : hosts.toString())
              + " "
              + outcome(cluster, before, after));
    }
    proxy.program().close();
    return outcomes;
  }

  private static Map<String, String> awaitAttempts(
      Proxy proxy, Set<String> clusters, Map<String, String> since, long more) {
    return await("questions")
        .atMost(PATIENCE)
        .until(
            proxy::stats,
            now ->
                clusters.stream()
                    .allMatch(c -> grown(stat(c, "update_attempt"), since, now) >= more));
  }

  private static String outcome(
      String cluster, Map<String, String> before, Map<String, String> after) {
    return Stream.of("update_success", "update_failure")
        .filter(s -> grown(stat(cluster, s), before, after) > 0)
        .collect(Collectors.joining(" "));
  }

  private static long grown(String stat, Map<String, String> before, Map<String, String> after) {
    return Long.parseLong(after.get(stat)) - Long.parseLong(before.get(stat));
  }

  private static String stat(String cluster, String name) {
    return "cluster." + cluster + "." + name;
  }

  private static Map<String, String> clusters(NameServer names) {
    Map<String, String> clusters = new LinkedHashMap<>();
    for (String type : List.of("STRICT_DNS", "LOGICAL_DNS")) {
      for (String family : FAMILIES) {
        for (String name : cases().keySet()) {
          String cluster = type.startsWith("L") ? "logical-" : "strict-";
          cluster += family + "-" + name;
          clusters.put(cluster, cluster(cluster, type, family, name + ".test", 80, names));
        }
      }
    }
    return clusters;
  }

  private static String cluster(
      String cluster, String type, String family, String name, int port, NameServer names) {
    return """
          - name: %s
            type: %s
            dns_lookup_family: %s
            dns_refresh_rate: 0.5s
            load_assignment:
              cluster_name: %1$s
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: %s, port_value: %d}}}
            typed_dns_resolver_config:
              name: envoy.network.dns_resolver.cares
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig
                resolvers: [{socket_address: {address: 127.0.0.1, port_value: %d}}]
                dns_resolver_options: {no_default_search_domain: true}
        """
        .formatted(cluster, type, family, name, port, names.port());
  }

  private static String bootstrap(Iterable<String> clusters) {
    return """
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        static_resources:
          clusters:
        """
        + String.join("", clusters);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anIpv6AnswerThatIsLateKeepsOnlyEnvoyWaiting(Subject subject) throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "here"));
    NameServer names = stage.keep(NameServer.start());
    CompletableFuture<String> late = new CompletableFuture<>();
    names.says("svc.test", Answer.of("::1").after(late), Answer.of("127.0.0.1"));
    if (subject == Subject.ENVOY) { // else it would wait for ever
      late.completeOnTimeout("", 4, TimeUnit.SECONDS);
    }
    String raced =
        cluster("raced", "LOGICAL_DNS", "ALL", "svc.test", backend.address().getPort(), names);
    Proxy proxy = stage.start(subject, listener() + raced).awaitLive();
    assertThat(Http.get(proxy.listener("ingress"), "/").body()).isEqualTo("here");
    assertThat(proxy.stat("cluster.raced.update_success"))
        .as("whether both answers are there")
        .isEqualTo(subject == Subject.ENVOY ? 1 : 0);
    late.complete("");
    proxy.awaitStat("cluster.raced.update_success", 1);
    assertThat(proxy.stat("cluster.raced.upstream_cx_total")).isEqualTo(1);
  }

  @Test
  void anAddressThatComesLateJoinsTheRaceThatHasBegun() throws Exception {
    SilentAddress silent = stage.keep(SilentAddress.open("127.0.0.1"));
    int port = silent.address().getPort();
    stage.keep(Backend.start("::1", port, "late"));
    NameServer names = stage.keep(NameServer.start());
    CompletableFuture<String> late = new CompletableFuture<>();
    names.says("svc.test", Answer.of("::1").after(late), Answer.of("127.0.0.1"));
    String raced = cluster("raced", "LOGICAL_DNS", "ALL", "svc.test", port, names);
    Proxy proxy =
        stage.start(Subject.BIFOCAL, listener() + raced + "    connect_timeout: 30s\n").awaitLive();
    InetSocketAddress ingress = proxy.listener("ingress");
    CompletableFuture<Http.Response> answer =
        CompletableFuture.supplyAsync(() -> Http.get(ingress, "/"));
    proxy.awaitStat("cluster.raced.upstream_cx_total", 1);
    late.complete("");
    assertThat(answer.join().body()).isEqualTo("late");
    assertThat(proxy.stat("cluster.raced.upstream_cx_connect_fail")).isZero();
    assertThat(proxy.stat("cluster.raced.upstream_cx_total"))
        .as("one connection, two attempts")
        .isEqualTo(2);
  }

  private static String listener() {
    return Bootstraps.ingress(
        """
        route_config:
          name: routes
          virtual_hosts:
          - name: all
            domains: ["*"]
            routes: [{match: {prefix: /}, route: {cluster: raced}}]
        """);
  }
}
