package io.bifocal.dataplane.grid;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.common.key_value.v3.KeyValueStoreConfig;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.key_value.file_based.v3.FileBasedKeyValueStoreConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is known of origins, kept in a file as Envoy keeps it. */
class AlternateProtocolsStoreTest {
  private static final Origin SHOP = new Origin("shop.test", 29443);

  /** Written by Envoy 1.40, of an origin that had said {@code ma=86400}. */
  private static final String ENVOYS =
      """
      18
      https://pre.test:722
      h3=":7"; ma=687186|0|023
      https://shop.test:2944379
      h3=":29443"; ma=168786,h3-29="other.test:5000"; ma=82486,h2=":1"; ma=168786|0|0""";

  @TempDir Path folder;
  private Path file;
  private final VirtualTime time = new VirtualTime();
  private final StatsStore stats = new StatsStore(1);

  @BeforeEach
  void name() {
    file = folder.resolve("store");
  }

  private AlternateProtocolsCacheOptions.Builder options(Duration interval, int most) {
    FileBasedKeyValueStoreConfig config =
        FileBasedKeyValueStoreConfig.newBuilder()
            .setFilename(file.toString())
            .setFlushInterval(Durations.fromNanos(interval.toNanos()))
            .setMaxEntries(UInt32Value.of(most))
            .build();
    KeyValueStoreConfig store =
        KeyValueStoreConfig.newBuilder().setConfig(typed(Any.pack(config))).build();
    return AlternateProtocolsCacheOptions.newBuilder()
        .setName("c")
        .setKeyValueStoreConfig(typed(Any.pack(store)));
  }

  private static TypedExtensionConfig typed(Any config) {
    return TypedExtensionConfig.newBuilder()
        .setName("envoy.key_value.file_based")
        .setTypedConfig(config)
        .build();
  }

  private AlternateProtocolsCache start(int most) throws ConfigException {
    return caches().get(AlternateProtocolsOptions.read(options(SECOND, most).build(), "p"));
  }

  private static final Duration SECOND = Duration.ofSeconds(1);

  private AlternateProtocolsCaches caches() {
    return new AlternateProtocolsCaches(time, stats.root());
  }

  private long failures() {
    return stats.counters().stream()
        .filter(counter -> counter.name().full().equals("c.store_failures"))
        .mapToLong(Counter::value)
        .sum();
  }

  private String written() throws Exception {
    return Files.readString(file, ISO_8859_1);
  }

  @Test
  void whatWasLearntIsThereForTheNextProcess() throws Exception {
    AlternateProtocolsCache cache = start(10);
    cache.learn(SHOP, "h3=\":29443\"; ma=600, h2=\"other.test:1\"");
    cache.measured(SHOP, Duration.ofMillis(12));
    assertThat(file).doesNotExist();
    time.advance(SECOND);
    assertThat(written())
        .isEqualTo(
            "23\nhttps://shop.test:2944355\n"
                + "h3=\":29443\"; ma=600,h2=\"other.test:1\"; ma=86400|12000|0");

    time.advance(Duration.ofSeconds(598));
    AlternateProtocolsCache next = start(10);
    assertThat(next.offersHttp3(SHOP)).isTrue();
    assertThat(next.roundTrip(SHOP)).isEqualTo(Duration.ofMillis(12));
    time.advance(SECOND);
    assertThat(next.offersHttp3(SHOP)).as("as long as the origin had said").isFalse();
  }

  @Test
  void whatEnvoyWroteIsRead() throws Exception {
    Files.writeString(file, ENVOYS, ISO_8859_1);
    time.advance(Duration.ofSeconds(82_490)); // as Envoy's clock said when it had written that
    AlternateProtocolsCache cache = start(10);
    assertThat(cache.offersHttp3(SHOP)).isTrue();
    assertThat(cache.alternatives(SHOP))
        .extracting(AlternateProtocol::protocol)
        .as("the second one is over")
        .containsExactly("h3", "h2");
    assertThat(cache.offersHttp3(new Origin("pre.test", 7))).isTrue();
    assertThat(failures()).isZero();
    time.advance(SECOND);
    assertThat(written())
        .contains("https://shop.test:2944345\nh3=\":29443\"; ma=168786,h2=\":1\"; ma=168786|0|0");
  }

  @Test
  void whatIsOverOrSaidByTheOperatorIsNotWritten() throws Exception {
    var operator =
        AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry.newBuilder()
            .setHostname("pre.test")
            .setPort(7);
    AlternateProtocolsCache cache =
        caches()
            .get(
                AlternateProtocolsOptions.read(
                    options(SECOND.multipliedBy(5), 10).addPrepopulatedEntries(operator).build(),
                    "p"));
    cache.learn(SHOP, "h3=\":29443\"; ma=3");
    time.advance(SECOND.multipliedBy(5));
    assertThat(written()).isEmpty();
  }

  @Test
  void theFileHasSoManyEntriesAtMost() throws Exception {
    AlternateProtocolsCache cache = start(2);
    for (int port = 1; port <= 5; port++) {
      cache.learn(new Origin("shop.test", port), "h3=\":%d\"".formatted(port));
    }
    time.advance(SECOND);
    assertThat(KnownOrigins.read(written()).origins()).hasSize(2);
  }

  @Test
  void nothingNewIsNothingToWrite() throws Exception {
    AlternateProtocolsCache cache = start(10);
    cache.learn(SHOP, "h3=\":29443\"");
    time.advance(SECOND);
    Files.delete(file);
    time.advance(SECOND.multipliedBy(10));
    assertThat(file).doesNotExist();
  }

  @Test
  void whatIsNewAtTheEndIsWritten() throws Exception {
    AlternateProtocolsCaches caches = caches();
    AlternateProtocolsOptions options =
        AlternateProtocolsOptions.read(options(Duration.ofHours(1), 10).build(), "p");
    caches.get(options).learn(SHOP, "h3=\":29443\"");
    caches.close();
    assertThat(written()).contains("shop.test");
  }

  @Test
  void oneEntryThatIsStrangeLeavesTheOthers() {
    String good = "19\nhttps://good.test:720\nh3=\":7\"; ma=1000|0|0";
    String rtt = "21\nhttps://clear.test:7712\nclear|1200|0";
    String bad = "18\nhttps://pre.test:75\nh3=\":";
    KnownOrigins read = KnownOrigins.read(rtt + bad + good);
    assertThat(read.origins())
        .extracting(KnownOrigin::origin)
        .containsExactly(new Origin("good.test", 7));
    assertThat(read.problem()).contains("no alternatives");
  }

  @Test
  void wordsThatWouldNotBeReadAgainAreNotWritten() {
    AlternateProtocol strange = new AlternateProtocol("x", "a\"b", 1, 9_000_000_000_000L);
    AlternateProtocol plain = new AlternateProtocol("h3", "", 7, 9_000_000_000_000L);
    KnownOrigin two = new KnownOrigin(SHOP, List.of(strange, plain), Duration.ZERO);
    KnownOrigin none = new KnownOrigin(new Origin("o.test", 1), List.of(strange), Duration.ZERO);
    KnownOrigins again = KnownOrigins.read(KnownOrigins.write(List.of(none, two)));
    assertThat(again.problem()).isEmpty();
    assertThat(again.origins())
        .singleElement()
        .satisfies(
            known -> {
              assertThat(known.origin()).isEqualTo(SHOP);
              assertThat(known.protocols())
                  .extracting(AlternateProtocol::protocol)
                  .containsExactly("h3");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "garbage; no length",
        "x\\nhttps; no number",
        "99\\nhttps; ends within",
        "4\\nhttp4\\nh3=1; no origin",
        "18\\nhttps://pre.test:75\\nh3=\":; no alternatives",
        "99999999999999999999\\nx; no number",
      })
  void aFileThatIsBrokenIsAWarning(String text, String problem) throws Exception {
    String all = "19\nhttps://good.test:720\nh3=\":7\"; ma=1000|0|0" + text.replace("\\n", "\n");
    Files.writeString(file, all, ISO_8859_1);
    assertThat(KnownOrigins.read(all).problem()).contains(problem);
    AlternateProtocolsCache cache = start(10);
    assertThat(failures()).isEqualTo(1);
    assertThat(cache.offersHttp3(new Origin("good.test", 7))).as("what came before").isTrue();
    cache.learn(SHOP, "h3=\":29443\"");
    time.advance(SECOND);
    assertThat(KnownOrigins.read(written()).problem()).isEmpty();
  }

  @Test
  void whatCannotBeWrittenIsAWarning() throws Exception {
    file = folder.resolve("nowhere").resolve("store");
    AlternateProtocolsCache cache = start(10);
    assertThat(failures()).as("it is not there yet").isZero();
    cache.learn(SHOP, "h3=\":29443\"");
    time.advance(SECOND);
    assertThat(failures()).isEqualTo(1);
    assertThat(cache.offersHttp3(SHOP)).isTrue();
  }

  @Test
  void timesOfAClockThatHasBegunAnewMeanNothing() throws Exception {
    Files.writeString(file, ENVOYS, ISO_8859_1);
    Files.setLastModifiedTime(file, FileTime.from(time.wallTime().minusSeconds(1)));
    assertThat(start(10).offersHttp3(SHOP)).isFalse();
    assertThat(failures()).isZero();
  }

  @Test
  void anotherKindOfStoreIsRefusedWithItsPath() {
    assertThatThrownBy(
            () ->
                AlternateProtocolsOptions.read(
                    AlternateProtocolsCacheOptions.newBuilder()
                        .setName("c")
                        .setKeyValueStoreConfig(
                            typed(Any.pack(FileBasedKeyValueStoreConfig.getDefaultInstance())))
                        .build(),
                    "p"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("p.key_value_store_config.typed_config is to be a")
        .hasMessageContaining("KeyValueStoreConfig");
  }
}
