package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.dataplane.host.Address;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetTest {
  @ParameterizedTest
  @CsvSource({
    "https://example.com,            example.com:443,   true",
    "https://example.com/a:b?c=d@e,  example.com:443,   true",
    "HTTPS://example.com:8443/,      example.com:8443,  true",
    "http://example.com,             example.com:80,    false",
    "http://example.com:443,         example.com:443,   false",
    "http://[2001:db8::1]:81/x,      [2001:db8::1]:81,  false",
    "https://192.0.2.1,              192.0.2.1:443,     true",
    "example.com,                    example.com:443,   true",
    "example.com:443,                example.com:443,   true",
    "example.com:5432,               example.com:5432,  false",
    "example.com.,                   example.com.:443,  true",
    "localhost:80,                   localhost:80,      false",
    "192.0.2.1,                      192.0.2.1:443,     true",
    "192.0.2.1:80,                   192.0.2.1:80,      false",
    "2001:db8::1,                    [2001:db8::1]:443, true",
    "[2001:db8::1],                  [2001:db8::1]:443, true",
    "[2001:db8::1]:8080,             [2001:db8::1]:8080,false",
    "my_db.internal:1,               my_db.internal:1,  false",
    "bücher.example:80,              xn--bcher-kva.example:80, false",
  })
  void isReadInEveryFormThatPeopleWrite(String text, String canonical, boolean tls)
      throws BadUsage {
    Target target = Target.parse(text, null);

    assertThat(target.text()).isEqualTo(canonical);
    assertThat(target.tls()).isEqualTo(tls);
  }

  @Test
  void whatTheUserSaysOfTlsWins() throws BadUsage {
    assertThat(Target.parse("example.com:5432", true).tls()).isTrue();
    assertThat(Target.parse("https://example.com", false).tls()).isFalse();
    assertThat(Target.parse("https://example.com", false).port()).isEqualTo(443);
  }

  @Test
  void anAddressNeedsNoLookingUp() throws BadUsage {
    assertThat(texts(Target.parse("[2001:db8::1]:80", null))).containsExactly("[2001:db8::1]:80");
    assertThat(Target.parse("example.com", null).given()).isEmpty();
  }

  @Test
  void addressesAreGivenWithOrWithoutAPort() throws BadUsage {
    Target target = Target.parse("http://example.com", null);

    assertThat(texts(target.at(List.of("192.0.2.1", "192.0.2.1:81", "2001:db8::1", "[::1]:82"))))
        .containsExactly("192.0.2.1:80", "192.0.2.1:81", "[2001:db8::1]:80", "[::1]:82");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ftp://example.com;       neither https nor http",
        "https://u:p@example.com; credentials",
        "example.com:0;           port must be from 1 to 65535, not '0'",
        "example.com:65536;       not '65536'",
        "example.com:http;        not 'http'",
        "example.com:;            not ''",
        "[::1;                    brackets",
        "[::1]8080;               brackets",
        "[example.com]:80;        no IPv6 address",
        "300.1.2.3;               no host name and no IP address",
        "exa mple;                no host name",
        "-x.example;              no host name",
        "a..b;                    no host name",
        "https:///;               no host name",
      })
  void whatCannotBeReadIsToldInOneLine(String text, String why) {
    assertRefused(text, null, why);
  }

  @Test
  void namesAreNoAddressesAndAddressesHaveNone() throws BadUsage {
    Target name = Target.parse("example.com", null);
    Target literal = Target.parse("192.0.2.1", null);

    assertThatThrownBy(() -> name.at(List.of("localhost")))
        .isInstanceOf(BadUsage.class)
        .hasMessageContaining("--addresses: 'localhost' is no IP address");
    assertThatThrownBy(() -> literal.at(List.of("192.0.2.2")))
        .isInstanceOf(BadUsage.class)
        .hasMessageContaining("192.0.2.1:443 is an address itself");
  }

  private static void assertRefused(String text, @Nullable Boolean tls, String why) {
    assertThatThrownBy(() -> Target.parse(text, tls))
        .isInstanceOf(BadUsage.class)
        .hasMessageContaining(why);
  }

  private static List<String> texts(Target target) {
    return target.given().stream().map(Address.Ip::text).toList();
  }
}
