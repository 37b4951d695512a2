package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerNamesTest {
  private static final HttpHeaders NONE = new DefaultHttpHeaders();

  private static TransportSocketOptions options(String serverName, @Nullable String verifiedName) {
    return new TransportSocketOptions(null, serverName, verifiedName);
  }

  @ParameterizedTest
  @CsvSource({
    "a.test, a.test, a.test",
    "a.test:8443, a.test, a.test",
    "A.Test, a.test, a.test",
    "'', '', ''",
    "':443', '', ''",
    "1.2.3.4:80, '', 1.2.3.4",
    "[::1]:80, '', ::1",
    "[::1], '', ::1",
  })
  void theHostIsAskedForAndVerified(String authority, String serverName, String verifiedName) {
    assertThat(new ServerNames(true, true, "").of(authority, NONE))
        .isEqualTo(options(serverName, verifiedName));
  }

  @Test
  void eitherAlone() {
    assertThat(new ServerNames(true, false, "").of("a.test", NONE))
        .isEqualTo(options("a.test", null));
    assertThat(new ServerNames(false, true, "").of("a.test", NONE))
        .isEqualTo(options("", "a.test"));
  }

  @Test
  void anotherHeaderTakesItsPlaceWhereThereIsOne() {
    ServerNames names = new ServerNames(true, false, "x-name");
    assertThat(names.of("a.test", NONE)).isEqualTo(options("a.test", null));
    HttpHeaders headers = new DefaultHttpHeaders().add("x-name", "b.test:1");
    assertThat(names.of("a.test", headers)).isEqualTo(options("b.test", null));
    headers.set("x-name", "");
    assertThat(names.of("a.test", headers)).isEqualTo(options("a.test", null));
  }
}
