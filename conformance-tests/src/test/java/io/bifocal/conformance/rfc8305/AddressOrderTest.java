package io.bifocal.conformance.rfc8305;

import io.bifocal.conformance.Subject;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The order of attempts: every address refuses, so that all are tried in an instant. */
class AddressOrderTest {
  private static final String DEFAULT = "";
  private static final String V4 = "first_address_family_version: V4";
  private static final String TWO = "first_address_family_count: 2";
  private static final String TWO_V4 = V4 + ", " + TWO;

  @RegisterExtension static final WireLab wire = new WireLab();

  static Stream<Arguments> orders() {
    return Stream.of(
            Arguments.of(DEFAULT, "6a 6b 4a 4b", "6a 4a 6b 4b"),
            Arguments.of(DEFAULT, "4a 6a 6b 4b", "4a 6a 4b 6b"),
            Arguments.of(DEFAULT, "6a 6b 6c 4a", "6a 4a 6b 6c"),
            Arguments.of(DEFAULT, "6a 6b 6c 4a 4b 4c 4d 6d", "6a 4a 6b 4b 6c 4c 6d 4d"),
            Arguments.of(DEFAULT, "6a 6b 6c", "6a 6b 6c"),
            Arguments.of(DEFAULT, "4c 4a 4b", "4c 4a 4b"),
            Arguments.of(DEFAULT, "6a 6a 4a 4a 6a", "6a 4a 6a 4a 6a"),
            Arguments.of(V4, "6a 4a 6b 4b", "4a 6a 4b 6b"),
            Arguments.of(V4, "6a 6b", "6a 6b"),
            Arguments.of(TWO, "6a 4a 6b 4b", "6a 6b 4a 4b"),
            Arguments.of(TWO_V4, "6a 4a 6b 4b", "4a 4b 6a 6b"),
            Arguments.of(TWO_V4, "6a 6b 6c 4a", "4a 6a 6b 6c"),
            Arguments.of(TWO_V4, "6a 6b 6c 4a 4b 4c 4d 6d", "4a 4b 6a 4c 4d 6b 6c 6d"))
        .flatMap(
            row ->
                Arrays.stream(Subject.values())
                    .map(
                        subject ->
                            Arguments.of(subject, row.get()[0], row.get()[1], row.get()[2])));
  }

  @ParameterizedTest
  @MethodSource("orders")
  void addressesAreTriedInThisOrder(
      Subject subject, String config, String addresses, String attempts) {
    String refused =
        Arrays.stream(addresses.split(" "))
            .distinct()
            .map(address -> address + " refused")
            .collect(Collectors.joining(", "));
    String wireOrder =
        Arrays.stream(attempts.split(" "))
            .map(address -> "0 " + address)
            .collect(Collectors.joining(", "));
    wire.run(
        subject,
        Race.of(addresses)
            .where(refused)
            .with("upstream_connection_options: {happy_eyeballs_config: {" + config + "}}"),
        Expected.onTheWire(wireOrder)
            .replies(Outcome.REFUSED + " at 0")
            .counts(
                "upstream_cx_total "
                    + attempts.split(" ").length
                    + ", upstream_cx_connect_fail 1"));
  }
}
