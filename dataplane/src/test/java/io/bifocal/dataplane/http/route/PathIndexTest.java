package io.bifocal.dataplane.http.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The index finds what a look at one route after the other finds. */
class PathIndexTest {
  private static final int TABLES = 400;
  private static final int REQUESTS = 60;

  /** Few letters, so that paths begin alike and meet. */
  private static final class Chance {
    final Random random;

    Chance(long seed) {
      random = new Random(seed);
    }

    String path() {
      StringBuilder path = new StringBuilder("/");
      int segments = random.nextInt(4);
      for (int i = 0; i < segments; i++) {
        int letters = random.nextInt(3);
        for (int j = 0; j < letters; j++) {
          path.append("aAb".charAt(random.nextInt(3)));
        }
        if (i + 1 < segments || random.nextBoolean()) {
          path.append('/');
        }
      }
      return path.toString();
    }

    PathMatch match() throws Exception {
      String path = path();
      return switch (random.nextInt(7)) {
        case 0 -> new PathMatch.Exact(path, false);
        case 1 -> new PathMatch.Exact(path, true);
        case 2 -> new PathMatch.Prefix(random.nextInt(6) == 0 ? "" : path, false);
        case 3 -> new PathMatch.Prefix(path, true);
        case 4 -> new PathMatch.Separated(path, random.nextBoolean());
        case 5 -> new PathMatch.Regex(StringMatch.compile(regex(path)));
        default -> new PathMatch.Template(UriTemplate.of(template(path)));
      };
    }

    RegexMatcher regex(String path) {
      String regex =
          switch (random.nextInt(5)) {
            case 0 -> path + "[ab/]*";
            case 1 -> path + "?a";
            case 2 -> path + "*|/b";
            case 3 -> "^" + path + "(a|b)+$";
            default -> "(?i)" + path;
          };
      return RegexMatcher.newBuilder().setRegex(regex).build();
    }

    String template(String path) {
      String clean = path.replaceAll("/+", "/");
      return random.nextBoolean() ? clean : (clean.endsWith("/") ? clean : clean + "/") + "{x}";
    }

    Route route(int i) throws Exception {
      Condition condition =
          random.nextInt(3) == 0 ? (head, info, chance) -> (chance + i) % 2 == 0 : null;
      return new Route(
          "r" + i,
          match(),
          condition == null ? List.of() : List.of(condition),
          new RouteAction.DirectResponse(200, ""),
          List.of(),
          List.of(),
          Map.of(),
          null,
          null,
          null,
          null);
    }
  }

  @Test
  void theFirstRouteThatMatchesIsFound() throws Exception {
    int found = 0;
    int missed = 0;
    for (int seed = 0; seed < TABLES; seed++) {
      Chance chance = new Chance(seed);
      List<Route> routes = new ArrayList<>();
      int size = 8 + chance.random.nextInt(40);
      for (int i = 0; i < size; i++) {
        routes.add(chance.route(i));
      }
      RouteList list = new RouteList(routes);
      for (int i = 0; i < REQUESTS; i++) {
        String query = chance.random.nextInt(4) == 0 ? "?a=/b" : "";
        RequestHead head =
            new RequestHead("GET", chance.path() + query, "a", true, new DefaultHttpHeaders());
        int random = chance.random.nextInt(100);
        Route expected = list.first(head, head.pathEnd(), new StreamInfo(), random);
        assertThat(list.match(head, head.pathEnd(), new StreamInfo(), random))
            .as("seed %s, %s", seed, head.path)
            .isSameAs(expected);
        found += expected == null ? 0 : 1;
        missed += expected == null ? 1 : 0;
      }
    }
    assertThat(found).isGreaterThan(1000);
    assertThat(missed).isGreaterThan(100);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b, /a/b",
    "/a/[0-9]+, /a/",
    "/ab*, /a",
    "/ab?, /a",
    "'/ab{0,2}', /a",
    "/ab+, /ab",
    "/a\\.b, /a.b",
    "/a\\d, /a",
    "^/a$, /a",
    "/a|/b, ''",
    "(?i)/a, ''",
    "/a.b, /a",
    "/é, /",
  })
  void anExpressionBeginsWithWhatIsLiteral(String regex, String expected) {
    assertThat(LiteralPrefix.of(regex)).isEqualTo(expected);
  }
}
