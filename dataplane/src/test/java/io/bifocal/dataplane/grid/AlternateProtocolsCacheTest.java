package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is known of origins, for how long, and of how many. */
class AlternateProtocolsCacheTest {
  private static final Origin A = new Origin("a.example", 443);
  private static final Origin B = new Origin("b.example", 443);
  private static final String H3 = "h3=\":443\"; ma=60";

  private final VirtualTime time = new VirtualTime();
  private final AlternateProtocolsCache cache = cache(10, List.of(), List.of());

  private AlternateProtocolsCache cache(int most, List<Origin> known, List<String> suffixes) {
    return new AlternateProtocolsCache(
        new AlternateProtocolsOptions("c", most, known, suffixes), time::nanoTime);
  }

  // ---- what is said

  @Test
  void whatAnOriginSaysHoldsAsLongAsItSays() {
    cache.learn(A, H3);
    time.advance(Duration.ofSeconds(59));
    assertThat(cache.offersHttp3(A)).isTrue();
    time.advance(Duration.ofSeconds(1));
    assertThat(cache.offersHttp3(A)).isFalse();
  }

  @Test
  void withoutAnAgeItHoldsForADay() {
    cache.learn(A, "h3=\":443\"");
    time.advance(Duration.ofHours(24).minusNanos(1));
    assertThat(cache.offersHttp3(A)).isTrue();
    time.advance(Duration.ofNanos(1));
    assertThat(cache.offersHttp3(A)).isFalse();
  }

  @Test
  void whatIsNewIsInThePlaceOfWhatWasOld() {
    cache.learn(A, H3);
    cache.learn(A, "h2=\":443\"");
    assertThat(cache.offersHttp3(A)).isFalse();
    assertThat(cache.alternatives(A)).extracting(AlternateProtocol::protocol).containsExactly("h2");
  }

  @Test
  void clearAndAnAgeOfZeroVoidIt() {
    cache.learn(A, H3);
    cache.learn(A, "clear");
    assertThat(cache.alternatives(A)).isEmpty();
    cache.learn(A, H3);
    cache.learn(A, "h3=\":443\"; ma=0");
    assertThat(cache.alternatives(A)).isEmpty();
  }

  @Test
  void whatIsMalformedChangesNothingAndIsCounted() {
    cache.learn(A, H3);
    cache.learn(A, "h3=:443");
    assertThat(cache.offersHttp3(A)).isTrue();
    assertThat(cache.malformed()).isEqualTo(1);
  }

  @Test
  void onlyWhatHasExpiredIsForgotten() {
    cache.learn(A, "h3=\":443\"; ma=5, h2=\":443\"; ma=60");
    time.advance(Duration.ofSeconds(5));
    assertThat(cache.alternatives(A)).extracting(AlternateProtocol::protocol).containsExactly("h2");
  }

  @Test
  void tenAlternativesAreKept() {
    cache.learn(
        A,
        IntStream.range(1, 15).mapToObj("h3=\":%d\""::formatted).collect(Collectors.joining(",")));
    assertThat(cache.alternatives(A)).hasSize(10);
  }

  @Test
  void anOriginIsAHostAndAPortAndHasNoCase() {
    cache.learn(A, H3);
    assertThat(cache.offersHttp3(new Origin("A.Example", 443))).isTrue();
    assertThat(cache.offersHttp3(new Origin("a.example", 444))).isFalse();
    assertThat(cache.offersHttp3(B)).isFalse();
  }

  // ---- how many

  @Test
  void beyondTheLimitTheLongestUnusedGoes() {
    AlternateProtocolsCache two = cache(2, List.of(), List.of());
    Origin third = new Origin("c.example", 443);
    two.learn(A, H3);
    two.learn(B, H3);
    assertThat(two.offersHttp3(A)).isTrue();
    two.learn(third, H3);
    assertThat(two.offersHttp3(A)).isTrue();
    assertThat(two.offersHttp3(B)).isFalse();
    assertThat(two.offersHttp3(third)).isTrue();
    assertThat(two.size()).isEqualTo(2);
    assertThat(two.evictions()).isEqualTo(1);
  }

  @Test
  void manyOriginsAreManyAndNotMore() {
    AlternateProtocolsCache some = cache(100, List.of(), List.of());
    IntStream.range(0, 10_000)
        .mapToObj(i -> new Origin("host" + i, 443))
        .forEach(
            origin -> {
              some.learn(origin, H3);
              some.status(origin).markBroken(0);
            });
    assertThat(some.size()).isEqualTo(100);
    assertThat(some.evictions()).isEqualTo(9900);
  }

  // ---- what is configured

  @Test
  void prepopulatedOriginsOfferHttp3FromTheStartAndForGood() {
    AlternateProtocolsCache known = cache(10, List.of(A), List.of());
    time.advance(Duration.ofDays(365));
    assertThat(known.offersHttp3(A)).isTrue();
    assertThat(known.offersHttp3(B)).isFalse();
  }

  @Test
  void whatAnOriginSaysIsInThePlaceOfWhatIsConfigured() {
    AlternateProtocolsCache known = cache(10, List.of(A, B), List.of());
    known.learn(A, "clear");
    known.learn(B, "h3=\":443\"; ma=5");
    time.advance(Duration.ofSeconds(5));
    assertThat(known.offersHttp3(A)).isFalse();
    assertThat(known.offersHttp3(B)).isFalse();
  }

  @Test
  void namesOfACanonicalSuffixShareWhatOneOfThemSays() {
    AlternateProtocolsCache shared = cache(10, List.of(), List.of(".c.example", ".example"));
    Origin one = new Origin("one.c.example", 443);
    Origin two = new Origin("two.c.example", 443);
    shared.learn(one, H3);
    assertThat(shared.offersHttp3(two)).isTrue();
    assertThat(shared.offersHttp3(new Origin("two.c.example", 444))).isFalse();
    assertThat(shared.offersHttp3(new Origin("d.example", 443))).as("another suffix").isFalse();
    assertThat(shared.offersHttp3(new Origin("c.example.org", 443))).isFalse();
    shared.learn(two, "clear");
    assertThat(shared.offersHttp3(two)).as("its own word counts").isFalse();
    assertThat(shared.offersHttp3(one)).isTrue();
    time.advance(Duration.ofMinutes(1));
    assertThat(shared.offersHttp3(one)).isFalse();
  }

  @Test
  void namesOfACanonicalSuffixAreBrokenTogether() {
    AlternateProtocolsCache shared = cache(10, List.of(), List.of(".c.example"));
    shared.status(new Origin("one.c.example", 443)).markBroken(time.nanoTime());
    assertThat(shared.status(new Origin("two.c.example", 443)).at(time.nanoTime()))
        .isInstanceOf(Http3Status.Broken.class);
    assertThat(shared.status(new Origin("c.example", 443)).at(time.nanoTime()))
        .isInstanceOf(Http3Status.Pending.class);
  }

  @Test
  void whetherHttp3WorksOutlivesWhatIsSaidOfIt() {
    cache.learn(A, H3);
    cache.status(A).markConfirmed();
    time.advance(Duration.ofMinutes(2));
    cache.learn(A, H3);
    assertThat(cache.status(A).at(time.nanoTime())).isInstanceOf(Http3Status.Confirmed.class);
  }

  @Test
  void aRoundTripIsKeptByOrigin() {
    assertThat(cache.roundTrip(A)).isZero();
    cache.measured(A, Duration.ofMillis(2));
    assertThat(cache.roundTrip(A)).isEqualTo(Duration.ofMillis(2));
    assertThat(cache.roundTrip(B)).isZero();
  }

  @Test
  void optionsAreRead() throws ConfigException {
    AlternateProtocolsCacheOptions options =
        AlternateProtocolsCacheOptions.newBuilder()
            .setName("n")
            .setMaxEntries(UInt32Value.of(7))
            .addPrepopulatedEntries(
                AlternateProtocolsCacheEntry.newBuilder().setHostname("A.example").setPort(443))
            .addCanonicalSuffixes(".C.example")
            .build();
    assertThat(AlternateProtocolsOptions.read(options, "p"))
        .isEqualTo(new AlternateProtocolsOptions("n", 7, List.of(A), List.of(".c.example")));
    assertThat(AlternateProtocolsOptions.read(named("n").build(), "p").maxEntries())
        .isEqualTo(1024);
    assertThat(
            AlternateProtocolsOptions.read(
                    named("n").setMaxEntries(UInt32Value.of(-1)).build(), "p")
                .maxEntries())
        .isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void whatCannotBeObeyedIsRefusedWithItsPath() {
    refused(
        named("n").setKeyValueStoreConfig(TypedExtensionConfig.getDefaultInstance()),
        "p.key_value_store_config.typed_config is to be a");
    refused(
        named("n").addCanonicalSuffixes(".a").addCanonicalSuffixes("b"), "p.canonical_suffixes[1]");
    refused(
        named("n").addPrepopulatedEntries(AlternateProtocolsCacheEntry.newBuilder().setPort(1)),
        "p.prepopulated_entries[0].hostname");
  }

  @Test
  void cachesOfOneNameAreOneAndConfiguredAlike() throws ConfigException {
    AlternateProtocolsCaches caches = new AlternateProtocolsCaches(time, new StatsStore(1).root());
    AlternateProtocolsOptions one = AlternateProtocolsOptions.read(named("one").build(), "p");
    assertThat(caches.get(one)).isSameAs(caches.get(one));
    assertThat(caches.get(AlternateProtocolsOptions.read(named("two").build(), "p")))
        .isNotSameAs(caches.get(one));
    AlternateProtocolsOptions other =
        AlternateProtocolsOptions.read(named("one").setMaxEntries(UInt32Value.of(5)).build(), "p");
    assertThatThrownBy(() -> caches.get(other))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "options specified alternate protocols cache 'one' with different settings");
  }

  private static AlternateProtocolsCacheOptions.Builder named(String name) {
    return AlternateProtocolsCacheOptions.newBuilder().setName(name);
  }

  private static void refused(AlternateProtocolsCacheOptions.Builder options, String path) {
    assertThatThrownBy(() -> AlternateProtocolsOptions.read(options.build(), "p"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(path);
  }
}
