package io.bifocal.dataplane.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.InternalRedirect.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a location leads. */
class InternalRedirectTest {
  @ParameterizedTest
  @CsvSource({
    "http://a/b, http, a, /b",
    "HTTP://a:8080/b?c=d, HTTP, a:8080, /b?c=d",
    "https://a, https, a, /",
    "http://a?b=c, http, a, /?b=c",
    "http://a/b#c, http, a, /b",
    "http://a#b, http, a, /",
    "'http://[::1]:8/x?y=/z://', http, [::1]:8, /x?y=/z://"
  })
  void itSaysAllOfIt(String location, String scheme, String authority, String path) {
    assertThat(Target.of(location)).isEqualTo(new Target(scheme, authority, path));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/b", "a/b", "//a/b", "http:/a", "http://", "http:///b", "://a/b"})
  void whatDoesNotIsTheClientsToFollow(String location) {
    assertThat(Target.of(location)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"http://a, true", "Http://a, true", "https://a, false"})
  void itIsSafeOrNot(String location, boolean plain) {
    assertThat(requireNonNull(Target.of(location)).isHttp()).isEqualTo(plain);
  }
}
