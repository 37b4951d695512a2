package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.ConnectSettings.DestinationOrdering;
import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.dns.ScriptedResolver;
import io.bifocal.dataplane.dns.SourceAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a name's addresses are told, in virtual time. */
class NamedAddressesTest {
  private static final String NAME = "svc.test";
  private static final Duration DELAY = Duration.ofMillis(50);

  private final VirtualTime time = new VirtualTime();
  private final ScriptedResolver resolver = new ScriptedResolver(time);
  private final List<String> told = new ArrayList<>();

  /** Writes down what it hears, with the time. */
  private final class Heard implements AddressSource.Receiver {
    private final long began = time.nanoTime();

    @Override
    public void onLookup(Lookup lookup) {
      tell(lookup.question() + (lookup.answered() ? " " + lookup.addresses().size() : " open"));
    }

    @Override
    public void onAddresses(List<Address> addresses, Completeness completeness) {
      tell(addresses + (completeness == Completeness.COMPLETE ? " all" : " so far"));
    }

    @Override
    public void onNone(Failure why) {
      tell("none: " + why.reason());
    }

    private void tell(String what) {
      told.add((time.nanoTime() - began) / 1_000_000 + ": " + what);
    }
  }

  @Test
  void anIpv6AnswerIsRacedAtOnce() {
    resolver.has(NAME, Family.V6, ms(10), "2001:db8::1").has(NAME, Family.V4, ms(200), "192.0.2.1");

    lookUp(LookupFamily.ALL);

    assertThat(told)
        .containsExactly(
            "10: AAAA 1",
            "10: [[2001:db8::1]:80] so far",
            "200: A 1",
            "200: [[2001:db8::1]:80, 192.0.2.1:80] all");
  }

  @Test
  void anIpv4AnswerWaitsForTheResolutionDelay() {
    resolver.has(NAME, Family.V4, ms(10), "192.0.2.1").has(NAME, Family.V6, ms(200), "2001:db8::1");

    lookUp(LookupFamily.ALL);

    assertThat(told)
        .containsExactly(
            "10: A 1",
            "60: [192.0.2.1:80] so far",
            "200: AAAA 1",
            "200: [[2001:db8::1]:80, 192.0.2.1:80] all");
  }

  @Test
  void anIpv6AnswerWithinTheDelayEndsIt() {
    resolver.has(NAME, Family.V4, ms(10), "192.0.2.1").has(NAME, Family.V6, ms(40), "2001:db8::1");

    lookUp(LookupFamily.ALL);

    assertThat(told)
        .containsExactly("10: A 1", "40: AAAA 1", "40: [[2001:db8::1]:80, 192.0.2.1:80] all");
  }

  @Test
  void whatIsOpenAtTheEndIsToldAsUnanswered() {
    resolver.has(NAME, Family.V6, ms(10), "2001:db8::1").has(NAME, Family.V4, ms(200), "192.0.2.1");

    AddressSource.Search search = begin(LookupFamily.ALL, DestinationOrdering.AS_ANSWERED);
    time.advance(ms(30));
    search.end();
    time.advance(ms(1000));

    assertThat(told).containsExactly("10: AAAA 1", "10: [[2001:db8::1]:80] so far", "30: A open");
    assertThat(resolver.open()).isZero();
  }

  @Test
  void aNameThatDoesNotExistIsToldFromOneOfTheOtherFamily() {
    resolver.with("v4.test", "192.0.2.1");

    lookUp(LookupFamily.ALL);
    assertThat(told).last().isEqualTo("0: none: NAME_NOT_FOUND");
    lookUp(LookupFamily.V6_ONLY);
    assertThat(told).last().isEqualTo("0: none: NAME_NOT_FOUND");
    lookUp("v4.test", LookupFamily.V6_ONLY, DestinationOrdering.AS_ANSWERED);
    assertThat(told).last().isEqualTo("0: none: NO_ADDRESSES");
  }

  @Test
  void aResolverThatFailsIsNotANameThatDoesNotExist() {
    resolver.fails(NAME);

    lookUp(LookupFamily.ALL);

    assertThat(told).last().isEqualTo("0: none: RESOLVER_FAILED");
  }

  @Test
  void oneFamilyThatFailsDoesNotTakeTheOtherAway() {
    resolver.fails(NAME, Family.V6, ms(10)).has(NAME, Family.V4, ms(20), "192.0.2.1");

    lookUp(LookupFamily.ALL);

    assertThat(told).last().isEqualTo("20: [192.0.2.1:80] all");
  }

  @Test
  void destinationsCanBeOrderedByTheRulesOfRfc6724() {
    resolver.with(NAME, "2001:db8::1", "192.0.2.1");

    lookUp(NAME, LookupFamily.ALL, DestinationOrdering.RFC6724);

    // IPv6 is unreachable here: rule 1.
    assertThat(told).last().isEqualTo("0: [192.0.2.1:80, [2001:db8::1]:80] all");
  }

  @Test
  void whereRacesRememberAFamilyKeepsItsAddressesUntilItsAnswerComes() {
    resolver.has(NAME, Family.V4, ms(10), "192.0.2.1").has(NAME, Family.V6, ms(200), "2001:db8::1");
    NamedAddresses remembering = source(LookupFamily.ALL, DestinationOrdering.AS_ANSWERED, true);

    var first = remembering.begin(target(NAME), new Heard());
    time.advance(ms(1000));
    first.end();
    told.clear();
    var second = remembering.begin(target(NAME), new Heard());
    time.advance(ms(20));
    second.end();

    assertThat(told)
        .containsExactly("10: A 1", "10: [[2001:db8::1]:80, 192.0.2.1:80] so far", "20: AAAA open");
  }

  private void lookUp(LookupFamily family) {
    lookUp(NAME, family, DestinationOrdering.AS_ANSWERED);
  }

  private void lookUp(String name, LookupFamily family, DestinationOrdering ordering) {
    var unused = source(family, ordering).begin(target(name), new Heard());
    time.advance(ms(1000));
  }

  private AddressSource.Search begin(LookupFamily family, DestinationOrdering ordering) {
    return source(family, ordering).begin(target(NAME), new Heard());
  }

  private NamedAddresses source(LookupFamily family, DestinationOrdering ordering) {
    return source(family, ordering, false);
  }

  private NamedAddresses source(LookupFamily family, DestinationOrdering ordering, boolean memory) {
    ConnectSettings settings =
        new ConnectSettings(ms(300), 1, DelayMode.FIXED, memory, DELAY, ordering);
    Rules rules = new Rules(family, HappyEyeballsConfig.getDefaultInstance(), settings, ms(5000));
    SourceAddresses onlyV4 =
        ip ->
            ip instanceof Inet6Address
                ? Optional.empty()
                : Optional.of(new SourceAddresses.Source(ip, 32, false));
    return new NamedAddresses(time, rules, resolver, onlyV4);
  }

  private static Target target(String name) {
    return new Target(name, 80, false, List.of());
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
