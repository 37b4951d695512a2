package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.dns.SourceAddresses.Source;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DestinationOrderTest {
  private static final int SUBNET = 64;

  // RFC 6724 section 10.2, with the sources that it selects; one example is about home addresses.
  @ParameterizedTest
  @CsvSource({
    "2001:db8:1::1,     2001:db8:1::2,     198.51.100.121,    169.254.13.78,      matching scope",
    "198.51.100.121,    198.51.100.117,    2001:db8:1::1,     fe80::1,            matching scope",
    "2001:db8:1::1,     2001:db8:1::2,     10.1.2.3,          10.1.2.4,           precedence",
    "fe80::1,           fe80::2,           2001:db8:1::1,     2001:db8:1::2,      smaller scope",
    "2001:db8:1::1,     2001:db8:1::2,     fe80::1,           fe80::2 deprecated, not deprecated",
    "2001:db8:1::1,     2001:db8:1::2,     2001:db8:3ffe::1,  2001:db8:3f44::2,   longest prefix",
    "2002:c633:6401::1, 2002:c633:6401::2, 2001:db8:1::1,     2002:c633:6401::2,  matching label",
    "2001:db8:1::1,     2001:db8:1::2,     2002:c633:6401::1, 2002:c633:6401::2,  precedence",
  })
  void theRfcsExamples(String first, String from, String second, String from2, String rule) {
    SourceAddresses sources = sources(first, from, second, from2);
    assertThat(sort(sources, first, second)).as(rule).containsExactly(first, second);
    assertThat(sort(sources, second, first)).as(rule).containsExactly(first, second);
  }

  @Test
  void whatCannotBeReachedComesLast() {
    SourceAddresses sources = sources("10.0.0.1", "10.0.0.2");
    assertThat(sort(sources, "2001:db8::1", "10.0.0.1")).containsExactly("10.0.0.1", "2001:db8::1");
  }

  @Test
  void whatTheRulesDoNotTellApartStaysAsItCame() {
    SourceAddresses none = ip -> Optional.empty();
    assertThat(sort(none, "10.0.0.2", "10.0.0.1")).containsExactly("10.0.0.2", "10.0.0.1");
  }

  @Test
  void theSubnetBoundsTheCommonPrefix() {
    Source source = new Source(InetAddresses.forString("2001:db8::2"), SUBNET, false);
    assertThat(sort(ip -> Optional.of(source), "2001:db8::8:1", "2001:db8::3"))
        .as("the second one has more bits in common, but in the interface's part")
        .containsExactly("2001:db8::8:1", "2001:db8::3");
  }

  @Test
  void aUniqueLocalAddressComesAfterAGlobalOneOfOtherSources() {
    SourceAddresses sources =
        sources("fd00::1", "fd00::2", "2001:db8::1", "2001:db8::2", "10.0.0.1", "10.0.0.2");
    assertThat(sort(sources, "fd00::1", "10.0.0.1", "2001:db8::1"))
        .containsExactly("2001:db8::1", "10.0.0.1", "fd00::1");
  }

  @Test
  void theOrderDoesNotDependOnWhereItBegins() {
    String[] all = {"2001:db8:1::1", "fe80::1", "10.1.2.3", "fd00::1", "2002:c633:6401::1"};
    SourceAddresses sources =
        sources(
            "2001:db8:1::1",
            "2001:db8:1::2",
            "fe80::1",
            "fe80::2",
            "10.1.2.3",
            "10.1.2.4",
            "fd00::1",
            "2001:db8:1::2",
            "2002:c633:6401::1",
            "2001:db8:1::2");
    List<String> expected = sort(sources, all);
    List<String> turned = new ArrayList<>(List.of(all));
    for (int i = 0; i < all.length; i++) {
      Collections.rotate(turned, 1);
      assertThat(sort(sources, turned.toArray(String[]::new))).isEqualTo(expected);
    }
  }

  @Test
  void thisMachineReachesItself() {
    SystemSources system = new SystemSources();
    for (String loopback : List.of("127.0.0.1", "::1")) {
      InetAddress ip = InetAddresses.forString(loopback);
      assertThat(system.towards(ip))
          .hasValueSatisfying(
              source -> {
                assertThat(source.address()).isEqualTo(ip);
                assertThat(source.prefixLength()).isIn(8, 128);
                assertThat(source.deprecated()).isFalse();
              });
    }
    assertThat(system.towards(InetAddresses.forString("::2")))
        .as("nothing is behind the loopback's neighbour")
        .isNotEqualTo(system.towards(InetAddresses.forString("::1")));
  }

  private static List<String> sort(SourceAddresses sources, String... destinations) {
    List<InetAddress> ips = Stream.of(destinations).map(InetAddresses::forString).toList();
    return DestinationOrder.sort(ips, sources).stream().map(InetAddresses::toAddrString).toList();
  }

  private static SourceAddresses sources(String... pairs) {
    Map<InetAddress, Source> sources = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      InetAddress ip = InetAddresses.forString(pairs[i + 1].split(" ")[0]);
      sources.put(
          InetAddresses.forString(pairs[i]),
          new Source(ip, ip.getAddress().length == 4 ? 24 : SUBNET, pairs[i + 1].contains(" ")));
    }
    return ip -> Optional.ofNullable(sources.get(ip));
  }
}
