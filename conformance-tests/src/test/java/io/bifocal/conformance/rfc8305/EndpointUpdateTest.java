package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Races while EDS says something new of their endpoint. */
class EndpointUpdateTest {
  @RegisterExtension static final WireLab wire = new WireLab();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anEndpointOfSeveralAddressesIsRaced(Subject subject) {
    wire.run(
        subject,
        Race.byEds("6a 4a").where("6a silent"),
        Expected.onTheWire("0 6a, 300 4a")
            .replies("200 4a at 300")
            .counts("upstream_cx_total 2")
            .logs("host=6a remote=4a"));
  }

  /** The one difference: Envoy goes on with the old addresses until the host is made anew. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void newAdditionalAddressesAreRacedFromNowOn(Subject subject) {
    Trial trial = wire.trial(subject, Race.byEds("6a 4a").where("6a silent").inARow(1));
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4a");
    trial.forget();

    trial.publish("6a 4b");
    trial.awaitStat("update_success", 2);

    assertThat(trial.run().wire().addresses())
        .containsExactly("6a", subject == Subject.ENVOY ? "4a" : "4b");
    assertThat(trial.stat("membership_total")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aNewPrimaryAddressIsANewHost(Subject subject) {
    Trial trial = wire.trial(subject, Race.byEds("6a 4a").where("6a silent").inARow(1));
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4a");
    trial.forget();

    trial.publish("4b 6a");
    trial.awaitStat("update_success", 2);

    assertThat(trial.run().wire().addresses()).containsExactly("4b");
    assertThat(trial.stat("membership_total")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRaceGoesOnWithTheAddressesItBeganWith(Subject subject) {
    Trial trial = wire.trial(subject, Race.byEds("6a 4a 6b").where("6a silent, 4a silent"));
    CompletableFuture<Observation> race = CompletableFuture.supplyAsync(trial::run);
    await().until(() -> !trial.packets().isEmpty());

    trial.publish("6a 4b 6c");
    trial.awaitStat("update_success", 2);

    assertThat(race.join().wire().addresses()).containsExactly("6a", "4a", "6b");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRaceGoesOnWhenItsHostIsGone(Subject subject) {
    Trial trial = wire.trial(subject, Race.byEds("6a 4a").where("6a silent"));
    CompletableFuture<Observation> race = CompletableFuture.supplyAsync(trial::run);
    await().until(() -> !trial.packets().isEmpty());

    trial.publish("4c");
    trial.awaitStat("update_success", 2);

    assertThat(race.join().wire().addresses()).containsExactly("6a", "4a");
    assertThat(race.join().replies().get(0).what()).isEqualTo("200 4a");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAdditionalAddressThatIsMissingIsRefused(Subject subject) {
    assertRefused(
        subject,
        "{address: {socket_address: {address: \"2001:db8::9\", port_value: 1}},"
            + " additional_addresses: [{}]}",
        "Address must be set");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAdditionalAddressThatIsANameIsRefused(Subject subject) {
    assertRefused(
        subject,
        "{address: {socket_address: {address: \"2001:db8::9\", port_value: 1}},"
            + " additional_addresses: [{address: {socket_address: {address: not.an.ip, port_value:"
            + " 1}}}]}",
        "malformed IP address: not.an.ip");
  }

  private static void assertRefused(Subject subject, String endpoint, String reason) {
    Trial trial = wire.trial(subject, Race.byEds("6a 4a").where("6a silent").inARow(1));

    trial.publishLocalities("[{lb_endpoints: [{endpoint: " + endpoint + "}]}]");
    trial.awaitStat("update_rejected", 1);

    await()
        .untilAsserted(
            () -> assertThat(trial.contestant().nacks()).anyMatch(nack -> nack.contains(reason)));
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4a");

    // The control plane sends again what was refused, for as long as it has nothing else.
    trial.publish("6a 4a");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aPrimaryAddressThatIsThereTwiceIsOneHost(Subject subject) {
    Trial trial = wire.trial(subject, Race.byEds("6a 4a").where("6a silent"));

    trial.publishLocalities(
        ("[{locality: {zone: a}, lb_endpoints: [{endpoint: %s}]}, {locality: {zone: b}, lb_endpoints:"
                + " [{endpoint: %s}]}]")
            .formatted(trial.cluster().endpoint("6a 4b"), trial.cluster().endpoint("6a 4c")));
    trial.awaitStat("update_success", 2);

    assertThat(trial.stat("membership_total")).isEqualTo(1);
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4b");
  }
}
