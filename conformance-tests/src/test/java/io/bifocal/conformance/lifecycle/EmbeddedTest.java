package io.bifocal.conformance.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.api.BootstrapReader;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Stage;
import io.bifocal.dataplane.Proxy;
import io.bifocal.dataplane.ProxyOptions;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The data plane as a library: several in one JVM, and nothing left of those that ended. */
class EmbeddedTest {
  private static final int CYCLES = 100;

  @RegisterExtension final Stage stage = new Stage();

  @Test
  void twoProxiesLiveInOneJvmAndEndApart() throws Exception {
    Backend one = stage.keep(Backend.start("127.0.0.1", "one"));
    Backend two = stage.keep(Backend.start("127.0.0.1", "two"));
    Proxy first = stage.keep(start(one));
    Proxy second = stage.keep(start(two));

    assertThat(get(first)).isEqualTo("one");
    assertThat(get(second)).isEqualTo("two");
    first.close();

    assertThat(get(second)).isEqualTo("two");
  }

  @Test
  void aHundredLivesLeaveNothingBehind() throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    for (int i = 0; i < 3; i++) {
      live(backend);
    }
    settle();
    Map<String, Long> threads = threads();
    long descriptors = descriptors();
    long direct = PlatformDependent.usedDirectMemory();

    for (int i = 0; i < CYCLES; i++) {
      live(backend);
    }

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              assertThat(threads())
                  .allSatisfy(
                      (name, count) ->
                          assertThat(count)
                              .as("threads like " + name)
                              .isLessThanOrEqualTo(threads.getOrDefault(name, 0L)));
              assertThat(descriptors()).as("descriptors").isLessThanOrEqualTo(descriptors);
            });
    // What Netty's arenas keep is bounded by their number, not by lives.
    assertThat(PlatformDependent.usedDirectMemory())
        .as("direct memory; " + PooledByteBufAllocator.DEFAULT.metric())
        .isLessThanOrEqualTo(direct + (16L << 20));
  }

  @Test
  void closingTwiceIsHarmless() throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    Proxy proxy = start(backend);

    proxy.close();
    proxy.close();
  }

  private static void live(Backend backend) throws Exception {
    try (Proxy proxy = start(backend)) {
      assertThat(get(proxy)).isEqualTo("hello");
    }
  }

  private static Proxy start(Backend backend) throws Exception {
    Proxy proxy = Proxy.start(bootstrap(backend), ProxyOptions.defaults().withConcurrency(1));
    proxy.awaitLive(Duration.ofSeconds(30));
    return proxy;
  }

  private static Bootstrap bootstrap(Backend backend) throws Exception {
    return new BootstrapReader(false)
        .readYaml(
            Bootstraps.race("5s", "", backend.address(), List.of(backend.address())), "embedded");
  }

  private static String get(Proxy proxy) {
    return Http.get((InetSocketAddress) proxy.listenerAddresses("ingress").get(0), "/").body();
  }

  private static void settle() {
    await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
  }

  /** Names without numbers: a pool that replaces a thread is no leak, a thread more is. */
  private static Map<String, Long> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> !name.startsWith("backend") && !name.startsWith("awaitility"))
        .map(name -> name.replaceAll("\\d+", "N"))
        .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
  }

  private static long descriptors() throws Exception {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }
}
