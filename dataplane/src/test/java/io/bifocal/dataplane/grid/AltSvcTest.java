package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.grid.AltSvc.Service;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7838 section 3. */
class AltSvcTest {
  private static final Duration DAY = Duration.ofHours(24);

  @Test
  void oneAlternativeOnTheSameHost() {
    assertThat(services("h3=\":443\"")).containsExactly(new Service("h3", "", 443, DAY, false));
  }

  @Test
  void maxAgeIsInSeconds() {
    assertThat(services("h3=\":443\"; ma=3600"))
        .containsExactly(new Service("h3", "", 443, Duration.ofHours(1), false));
  }

  @Test
  void parametersAreWithoutCaseAndInAnyOrder() {
    assertThat(services("h3=\":443\";PERSIST=1 ;\tMa=\"60\""))
        .containsExactly(new Service("h3", "", 443, Duration.ofMinutes(1), true));
  }

  @Test
  void onlyOnePersists() {
    assertThat(services("h3=\":443\"; persist=0").get(0).persist()).isFalse();
    assertThat(services("h3=\":443\"; persist=2").get(0).persist()).isFalse();
  }

  @Test
  void severalKeepTheirOrder() {
    assertThat(services("h3=\":443\"; ma=60, h2=\"other.example:8443\" , h3-29=\":444\""))
        .extracting(s -> s.protocol() + " " + s.host() + ":" + s.port())
        .containsExactly("h3 :443", "h2 other.example:8443", "h3-29 :444");
  }

  @Test
  void aListMayHaveEmptyElements() {
    assertThat(services(" , h3=\":443\",, h2=\":443\" ,")).hasSize(2);
  }

  @Test
  void clearVoidsWhatWasSaid() {
    assertThat(AltSvc.parse(" clear ")).contains(new AltSvc.Clear());
  }

  @Test
  void clearIsWithCaseAndAlone() {
    assertThat(AltSvc.parse("Clear")).isEmpty();
    assertThat(AltSvc.parse("clear, h3=\":443\"")).isEmpty();
  }

  @Test
  void quotedStringsHaveEscapesAndCommas() {
    assertThat(services("h3=\"\\:4\\43\"; x=\"a,b;c\\\"d\"; ma=5"))
        .containsExactly(new Service("h3", "", 443, Duration.ofSeconds(5), false));
  }

  @Test
  void nothingBetweenSemicolonsIsNoParameter() {
    assertThat(services("h3=\":443\"; ; ma=5;, h2=\":443\";")).hasSize(2);
  }

  @Test
  void unknownParametersSayNothing() {
    assertThat(services("h3=\":443\"; v=\"46,43\"; foo=bar")).hasSize(1);
  }

  @Test
  void aProtocolIdIsDecoded() {
    assertThat(services("w%3Dx%3ay#z=\":443\"").get(0).protocol()).isEqualTo("w=x:y#z");
  }

  @Test
  void anIpv6HostIsInBrackets() {
    assertThat(services("h3=\"[2001:db8::1]:443\"").get(0).host()).isEqualTo("[2001:db8::1]");
  }

  @Test
  void anAgeBeyondAllMeasureIsLong() {
    assertThat(services("h3=\":443\"; ma=99999999999999999999").get(0).maxAge())
        .isEqualTo(Duration.ofSeconds(Integer.MAX_VALUE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " , ",
        "h3",
        "h3=",
        "h3=:443",
        "h3=\"443\"",
        "h3=\":\"",
        "h3=\":0\"",
        "h3=\":65536\"",
        "h3=\":99999999999999999999\"",
        "h3=\":-1\"",
        "h3=\":4 43\"",
        "h3=\":443",
        "h3=\":443\\",
        "h3=\"2001:db8::1:443\"",
        "h3=\"[]:443\"",
        "h3=\"a b:443\"",
        "=\":443\"",
        "h 3=\":443\"",
        "h%3=\":443\"",
        "h%zz=\":443\"",
        "h3=\":443\" ma=5",
        "h3=\":443\"; ma",
        "h3=\":443\"; ma=",
        "h3=\":443\"; ma=-5",
        "h3=\":443\"; ma=5s",
        "h3=\":443\"; ma=\"5",
        "h3=\":443\" h2=\":443\"",
        "h3=\":443\", h2",
      })
  void whatIsMalformedSaysNothingAtAll(String field) {
    assertThat(AltSvc.parse(field)).isEmpty();
  }

  private static List<Service> services(String field) {
    return ((AltSvc.Services) AltSvc.parse(field).orElseThrow()).services();
  }
}
