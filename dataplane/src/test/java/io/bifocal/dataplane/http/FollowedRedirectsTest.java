package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redirects of an upstream that are followed here, until what a policy says forbids it. */
@Timeout(30)
class FollowedRedirectsTest {
  private static final String PREDICATE =
      "{name: p, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.internal_redirect.%s}}";
  private static final String NOT_AGAIN =
      PREDICATE.formatted("previous_routes.v3.PreviousRoutesConfig");

  private final HttpBench bench = new HttpBench();
  private final List<String> paths = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  /** Two routes of one policy; each request to one is redirected to what its query says. */
  private String ask(String policy, String path) throws Exception {
    bench.upstream(
        peer -> {
          for (String head = peer.head(); !head.isEmpty(); head = peer.head()) {
            String target = head.split(" ")[1];
            paths.add(target);
            peer.send(
                "HTTP/1.1 302 Found\r\nlocation: http://h%s\r\ncontent-length: 0\r\n\r\n"
                    .formatted(target.substring(target.indexOf('?') + 1)));
          }
        });
    bench.serve(
        HttpBench.manager(
            """
            [{name: one, match: {prefix: /one}, route: {cluster: up, internal_redirect_policy: {%1$s}}},
             {name: two, match: {prefix: /two}, route: {cluster: up, internal_redirect_policy: {%1$s}}}]"""
                .formatted(policy)));
    return bench.ask("GET %s HTTP/1.1\r\nhost: h\r\n\r\n".formatted(path));
  }

  private long refused() {
    return bench.counter("http.p.passthrough_internal_redirect_predicate");
  }

  @Test
  void noRouteLeadsToTheSameOneTwice() throws Exception {
    String answer =
        ask(
            "max_internal_redirects: 9, predicates: [%s]".formatted(NOT_AGAIN),
            "/one?/one?/one?/x");
    assertThat(answer).startsWith("HTTP/1.1 302 ").contains("location: http://h/one?/x\r\n");
    assertThat(paths).containsExactly("/one?/one?/one?/x", "/one?/one?/x");
    assertThat(refused()).isEqualTo(1);
    assertThat(bench.counter("cluster.up.upstream_internal_redirect_succeeded_total")).isEqualTo(1);
    assertThat(bench.counter("cluster.up.upstream_internal_redirect_failed_total")).isEqualTo(1);
  }

  @Test
  void whereItLedBeforeIsRememberedOfEachRoute() throws Exception {
    ask(
        "max_internal_redirects: 9, predicates: [%s]".formatted(NOT_AGAIN),
        "/one?/two?/one?/two?/x");
    assertThat(paths)
        .as("from one to two, back, and to two once more is one too many")
        .containsExactly("/one?/two?/one?/two?/x", "/two?/one?/two?/x", "/one?/two?/x");
    assertThat(refused()).isEqualTo(1);
  }

  @Test
  void withoutThatTheNumberOfThemIsTheBound() throws Exception {
    ask("max_internal_redirects: 3", "/one?/one?/one?/one?/one?/x");
    assertThat(paths).hasSize(4);
    assertThat(refused()).isZero();
    assertThat(bench.counter("http.p.passthrough_internal_redirect_too_many_redirects"))
        .isEqualTo(1);
  }

  @Test
  void allPredicatesMustPass() throws Exception {
    String listed =
        PREDICATE.formatted(
            "allow_listed_routes.v3.AllowListedRoutesConfig, allowed_route_names: [one]");
    ask(
        "max_internal_redirects: 9, predicates: [%s, %s]".formatted(listed, NOT_AGAIN),
        "/one?/one?/two?/x");
    assertThat(paths).as("two is not listed").containsExactly("/one?/one?/two?/x", "/one?/two?/x");
    assertThat(refused()).isEqualTo(1);
  }
}
