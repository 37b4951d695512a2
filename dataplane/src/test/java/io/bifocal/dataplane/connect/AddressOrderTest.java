package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.UInt32Value;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Envoy's worked examples: 6a is an IPv6 address, 4b another of IPv4, p1 a pipe. */
class AddressOrderTest {
  /** By number: the last two are newer than the messages. */
  private static final List<String> VERSIONS = List.of("DEFAULT", "V4", "V6", "PIPE", "INTERNAL");

  @ParameterizedTest(name = "{0} x{1}: {2} -> {3}")
  @CsvSource({
    "DEFAULT, 0, 6a 6b 4a 4b,                6a 4a 6b 4b",
    "DEFAULT, 0, 6a 6b 6c 4a,                6a 4a 6b 6c",
    "DEFAULT, 0, 6a 6b 6c 4a 4b 4c 4d 6d,    6a 4a 6b 4b 6c 4c 6d 4d",
    "DEFAULT, 0, 6a 6b 6c,                   6a 6b 6c",
    "V4,      2, 6a 4a 6b 4b,                4a 4b 6a 6b",
    "V4,      2, 6a 6b 6c 4a,                4a 6a 6b 6c",
    "V4,      2, 6a 6b 6c 4a 4b 4c 4d 6d,    4a 4b 6a 4c 4d 6b 6c 6d",
    "DEFAULT, 2, 6a 4a 6b 4b,                6a 6b 4a 4b",
    "V4,      0, 6a 4a 6b 4b,                4a 6a 4b 6b",
    "DEFAULT, 0, 6a 6b p1 6c p2 p3,          6a p1 6b p2 6c p3",
    "DEFAULT, 0, 6a 6b 6c 6d 4a 4b 4c 4d p1, 6a 4a p1 6b 4b 6c 4c 6d 4d",
    "DEFAULT, 0, p1 p2 p3 4a 4b 6a 4c 6b 6c, p1 4a 6a p2 4b 6b p3 4c 6c",
    "V4,      2, 6a 6b 4a 4b 4c p1 p2 p3 p4 6c, 4a 4b 6a p1 4c 6b p2 6c p3 p4",
    "V4,      2, 6a 6b 4a p1 p2 p3 p4 6c,    4a 6a p1 6b p2 6c p3 p4",
    "V4,      2, 6a 6b p1 p2 6c,             6a p1 6b p2 6c",
    "V6,      1, 4a 4b 6a 6b,                6a 4a 6b 4b",
    "V6,      3, p1 6a p2 6b p3 6c 6d,       6a 6b 6c p1 6d p2 p3",
    "V4,      9, 6a 4a 6b 4b,                4a 4b 6a 6b",
    "PIPE,    3, 6a 6b 6c p1 p2 p3 4a 4b 4c, p1 p2 p3 6a 4a 6b 4b 6c 4c",
    "PIPE,    3, 6a 6b 6c 4a 4b 4c 4d,       6a 4a 6b 4b 6c 4c 4d",
    "PIPE,    0, 6a 6b p1 p2,                p1 6a p2 6b",
    "INTERNAL, 3, 6a 6b 6c p1 p2 p3 p4,      6a p1 6b p2 6c p3 p4",
  })
  void sortsAsEnvoyDoes(String first, int count, String in, String out) {
    HappyEyeballsConfig.Builder config =
        HappyEyeballsConfig.newBuilder().setFirstAddressFamilyVersionValue(VERSIONS.indexOf(first));
    if (count > 0) {
      config.setFirstAddressFamilyCount(UInt32Value.of(count));
    }
    assertThat(AddressOrder.sort(parse(in), config.build())).isEqualTo(parse(out));
  }

  @Test
  void noConfigurationIsTheDefault() {
    assertThat(AddressOrder.sort(parse("6a 6b 4a"), HappyEyeballsConfig.getDefaultInstance()))
        .isEqualTo(parse("6a 4a 6b"));
  }

  @Test
  void nothingAndOneAddressStayAsTheyAre() {
    HappyEyeballsConfig none = HappyEyeballsConfig.getDefaultInstance();
    assertThat(AddressOrder.sort(List.of(), none)).isEmpty();
    assertThat(AddressOrder.sort(parse("4a"), none)).isEqualTo(parse("4a"));
  }

  @Test
  void duplicatesAreKept() {
    assertThat(AddressOrder.sort(parse("6a 6a 4a 4a"), HappyEyeballsConfig.getDefaultInstance()))
        .isEqualTo(parse("6a 4a 6a 4a"));
  }

  static List<Address> parse(String names) {
    return Arrays.stream(names.split(" "))
        .map(AddressOrderTest::address)
        .collect(Collectors.toList());
  }

  private static Address address(String name) {
    int n = name.charAt(1);
    return switch (name.charAt(0)) {
      case '6' -> new Address.Ip(InetAddresses.forString("2001:db8::" + n), 443);
      case '4' -> new Address.Ip(InetAddresses.forString("192.0.2." + n), 443);
      default -> new Address.Pipe("/run/" + name);
    };
  }
}
