package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.ScriptedNetwork.Dialled;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LocalAddressesTest {
  private static final Address.Ip LOCAL_V4 = ip("192.0.2.100", 0);
  private static final Address.Ip LOCAL_V6 = ip("2001:db8::100", 0);
  private static final Address V6 = ip("2001:db8::1", 80);
  private static final Address V4 = ip("192.0.2.1", 80);
  private static final Address PIPE = new Address.Pipe("/run/p");

  private final VirtualTime time = new VirtualTime();
  private final ScriptedNetwork network = new ScriptedNetwork(time);
  private final List<RaceOutcome> outcomes = new ArrayList<>();

  @Test
  void eachAttemptComesFromAnAddressOfItsFamily() {
    network.silent(V6).silent(PIPE);
    race(new LocalAddresses(List.of(LOCAL_V4, LOCAL_V6)), V6, PIPE, V4);
    time.advance(Duration.ofMillis(600));
    assertThat(network.dialled())
        .containsExactly(
            new Dialled(V6, LOCAL_V6, 0),
            new Dialled(PIPE, null, Duration.ofMillis(300).toNanos()),
            new Dialled(V4, LOCAL_V4, Duration.ofMillis(600).toNanos()));
  }

  @Test
  void withoutOneOfItsFamilyAnAttemptFailsAndTheNextStartsAtOnce() {
    race(new LocalAddresses(List.of(LOCAL_V4)), V6, V4);
    time.run();
    assertThat(network.dialled())
        .containsExactly(new Dialled(V6, LOCAL_V4, 0), new Dialled(V4, LOCAL_V4, 0));
    assertThat(outcomes.get(0))
        .isInstanceOfSatisfying(
            RaceOutcome.Won.class, won -> assertThat(won.address()).isEqualTo(V4));
  }

  @Test
  void whereNoAddressCanBeComeFromTheFaultIsOurs() {
    race(new LocalAddresses(List.of(LOCAL_V4)), V6, V6);
    time.run();
    assertThat(outcomes.get(0))
        .isInstanceOfSatisfying(
            RaceOutcome.Failed.class,
            failed ->
                assertThat(failed.failure())
                    .isEqualTo(
                        new ConnectFailure(
                            Kind.BIND, "failed to bind to 192.0.2.100:0: Invalid argument")));
    assertThat(network.dialled()).as("the same address twice is tried twice").hasSize(2);
    assertThat(network.open()).isZero();
  }

  @Test
  void theFirstOneIsTakenWhereNoneFits() {
    assertThat(new LocalAddresses(List.of(LOCAL_V6)).towards(V4)).isEqualTo(LOCAL_V6);
    assertThat(LocalAddresses.NONE.towards(V4)).isNull();
  }

  private void race(LocalAddresses local, Address... addresses) {
    List<Address> list = List.of(addresses);
    RacePlan plain = RacePlan.of("c", list, Duration.ofSeconds(5));
    RacePlan plan =
        new RacePlan(
            plain.cluster(),
            plain.host(),
            list,
            plain.completeness(),
            plain.advice(),
            List.of(),
            plain.pacing(),
            plain.connectTimeout(),
            new SocketSettings(local, Optional.empty()),
            TransportSocket.PLAIN,
            plain.purpose(),
            RaceListener.NONE);
    new RaceRunner(time, network, RaceListener.NONE).run(plan, outcomes::add);
  }

  private static Address.Ip ip(String ip, int port) {
    return new Address.Ip(InetAddresses.forString(ip), port);
  }
}
