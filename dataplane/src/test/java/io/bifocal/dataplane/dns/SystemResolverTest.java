package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.VirtualTime;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SystemResolverTest {
  private final VirtualTime time = new VirtualTime();
  private final List<Resolution> heard = new ArrayList<>();
  private int calls;

  @ParameterizedTest
  @CsvSource({
    "ALL,          2001:db8::1 2001:db8::2 10.0.0.1",
    "AUTO,         2001:db8::1 2001:db8::2",
    "V4_PREFERRED, 10.0.0.1",
    "V6_ONLY,      2001:db8::1 2001:db8::2",
    "V4_ONLY,      10.0.0.1",
  })
  void oneCallTellsBothFamilies(LookupFamily family, String expected) {
    resolver(0, "2001:db8::1", "10.0.0.1", "2001:db8::2").resolve("svc", family, heard::add);
    time.run();
    assertThat(calls).isEqualTo(1);
    assertThat(heard.get(0).complete()).isTrue();
    assertThat(heard.get(0).records())
        .allMatch(r -> r.ttl().equals(Duration.ofSeconds(60)))
        .extracting(r -> InetAddresses.toAddrString(r.ip()))
        .containsExactly(expected.split(" "));
  }

  @Test
  void anotherFamilyCountsIfThePreferredOneIsMissing() {
    resolver(0, "10.0.0.1").resolve("svc", LookupFamily.AUTO, heard::add);
    time.run();
    assertThat(heard.get(0).records()).hasSize(1);
    assertThat(heard.get(0).answers()).containsOnlyKeys(Family.V6, Family.V4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"svc: Name or service not known", "svc: No address associated with hostname"})
  void aNameThatIsNotThereIsNoFailure(String words) {
    failing(3, words).resolve("svc", LookupFamily.ALL, heard::add);
    time.run();
    assertThat(heard.get(0).failure()).isEmpty();
    assertThat(heard.get(0).records()).isEmpty();
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void whatTheJdkDoesNotExplainIsAFailure() {
    failing(3, "svc").resolve("svc", LookupFamily.ALL, heard::add);
    time.run();
    assertThat(heard.get(0).failure()).isPresent();
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void temporaryFailuresAreRetriedSoOften() {
    failing(2, "svc: Temporary failure in name resolution")
        .resolve("svc", LookupFamily.ALL, heard::add);
    time.advance(Duration.ofSeconds(1));
    assertThat(calls).isEqualTo(2);
    assertThat(heard).isEmpty();
    time.advance(Duration.ofSeconds(1));
    assertThat(calls).isEqualTo(3);
    assertThat(heard.get(0).failure()).isPresent();
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void aCancelledQuestionIsForgotten() {
    Resolver.Query query =
        failing(9, "svc: Temporary failure in name resolution")
            .resolve("svc", LookupFamily.ALL, heard::add);
    time.run();
    query.cancel();
    time.advance(Duration.ofMinutes(1));
    assertThat(calls).isEqualTo(1);
    assertThat(heard).isEmpty();
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void aClosedResolverSaysSo() {
    SystemResolver closed =
        new SystemResolver(
            OptionalInt.empty(),
            time,
            task -> {
              throw new RejectedExecutionException();
            },
            name -> new InetAddress[0]);
    closed.resolve("svc", LookupFamily.ALL, heard::add);
    time.run();
    assertThat(heard.get(0).failure()).isPresent();
  }

  private SystemResolver resolver(int retries, String... found) {
    return resolver(
        retries,
        name -> Stream.of(found).map(InetAddresses::forString).toArray(InetAddress[]::new));
  }

  private SystemResolver failing(int retries, String words) {
    return resolver(
        retries,
        name -> {
          throw new UnknownHostException(words);
        });
  }

  private SystemResolver resolver(int retries, SystemResolver.Source source) {
    return new SystemResolver(
        OptionalInt.of(retries),
        time,
        time,
        name -> {
          calls++;
          return source.allByName(name);
        });
  }
}
