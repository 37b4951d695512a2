package io.bifocal.dataplane.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.file.ScriptedFiles;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeLoaderTest {
  private static final String RTDS =
      "{name: r, rtds_layer: {name: rt, rtds_config: {ads: {}, resource_api_version: V3}}}";
  private static final String BELOW = "{name: s, static_layer: {k: 1, kept: 5}}, ";

  private final VirtualTime time = new VirtualTime();
  private final StatsStore stats = new StatsStore(0);
  private final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  private final ScriptedFiles files = new ScriptedFiles(time);
  private final List<String> ready = new ArrayList<>();
  @TempDir Path directory;

  private RuntimeLoader start(String layers) throws Exception {
    RuntimeLoader loader = load(layers);
    loader.start(xds, () -> SubscriptionObserver.NONE, () -> ready.add("ready"));
    return loader;
  }

  private RuntimeLoader load(String layers) throws Exception {
    return new RuntimeLoader(Layers.of(layers), time, stats.root(), files);
  }

  private static Runtime layer(String name, String json) throws Exception {
    Struct.Builder struct = Struct.newBuilder();
    JsonFormat.parser().merge(json, struct);
    return Runtime.newBuilder().setName(name).setLayer(struct).build();
  }

  private long stat(String name) {
    return stats.counters().stream()
            .filter(c -> c.name().full().equals("runtime." + name))
            .mapToLong(c -> c.value())
            .sum()
        + stats.gauges().stream()
            .filter(g -> g.name().full().equals("runtime." + name))
            .mapToLong(g -> g.value())
            .sum();
  }

  @Test
  void withoutLayersFromElsewhereItIsReadyAtOnce() throws Exception {
    RuntimeLoader loader = start("{name: s, static_layer: {k: 1}}");
    assertThat(ready).containsExactly("ready");
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);
    assertThat(stat("load_success")).isEqualTo(2);
    assertThat(stat("override_dir_not_exists")).isEqualTo(2);
    assertThat(stat("num_layers")).isEqualTo(1);
    assertThat(stat("num_keys")).isEqualTo(1);
  }

  @Test
  void theControlPlanesLayerIsWaitedFor() throws Exception {
    RuntimeLoader loader = start(BELOW + RTDS);
    assertThat(xds.requests()).containsExactly("RTDS[rt]");
    assertThat(ready).isEmpty();
    assertThat(loader.unready()).containsExactly("RTDS rt");
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);

    xds.respond(ResourceType.RUNTIME, "1", layer("rt", "{k: 2, new: true}"));

    assertThat(ready).containsExactly("ready");
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(2);
    assertThat(loader.snapshot().number("kept", 0)).isEqualTo(5);
    assertThat(stat("load_success")).isEqualTo(3);
    assertThat(stat("num_keys")).isEqualTo(3);
  }

  @Test
  void aSnapshotThatIsHeldDoesNotChange() throws Exception {
    RuntimeLoader loader = start(BELOW + RTDS);
    RuntimeSnapshot before = loader.snapshot();
    xds.respond(ResourceType.RUNTIME, "1", layer("rt", "{k: 2}"));
    assertThat(before.number("k", 0)).isEqualTo(1);
  }

  @Test
  void nobodyIsWaitedForLongerThanThePatienceAllows() throws Exception {
    RuntimeLoader loader = start(BELOW + RTDS);
    xds.disconnect();
    assertThat(ready).isEmpty();
    xds.timeOut(ResourceType.RUNTIME, "rt");
    assertThat(ready).containsExactly("ready");

    xds.respond(ResourceType.RUNTIME, "1", layer("rt", "{k: 2}"));
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(2);
    assertThat(ready).hasSize(1);
  }

  @Test
  void aBadLayerIsRefusedAndWhatWasGoodStays() throws Exception {
    RuntimeLoader loader = start(RTDS + ", {name: a, admin_layer: {}}");
    xds.respond(ResourceType.RUNTIME, "1", layer("rt", "{k: 2}"));
    xds.newRequests();

    xds.respond(ResourceType.RUNTIME, "2", layer("rt", "{k: [1], l: 3}"));
    assertThat(xds.newRequests())
        .containsExactly("RTDS[rt] v1 error: Invalid runtime entry value for k");
    loader.override(Map.of("other", "1"));
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(2);
    assertThat(loader.snapshot().values()).containsOnlyKeys("k", "other");
  }

  @Test
  void aRefusalEndsTheWaitingToo() throws Exception {
    var unused = start(RTDS);
    xds.respond(ResourceType.RUNTIME, "1", layer("rt", "{k: null}"));
    assertThat(ready).containsExactly("ready");
  }

  @Test
  void aLayerUnderAnotherNameIsRefused() throws Exception {
    var unused = start(RTDS);
    xds.respondDelta(
        ResourceType.RUNTIME,
        "1",
        List.of(new Resource<>("rt", "1", layer("stranger", "{k: 2}"))),
        List.of());
    assertThat(xds.requests())
        .last()
        .isEqualTo("RTDS[rt] error: Unexpected RTDS runtime (expecting rt): stranger");
  }

  @Test
  void aLayerThatIsRemovedIsEmpty() throws Exception {
    RuntimeLoader loader = start(BELOW + RTDS);
    xds.respond(ResourceType.RUNTIME, "1", layer("rt", "{k: 2}"));
    xds.respondDelta(ResourceType.RUNTIME, "2", List.of(), List.of("rt"));
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);
    assertThat(loader.snapshot().layers()).hasSize(2);
  }

  @Test
  void anOperatorOverridesAndTakesBack() throws Exception {
    RuntimeLoader loader = start(BELOW + "{name: a, admin_layer: {}}");
    loader.override(Map.of("k", "7", "f", "false"));
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(7);
    assertThat(loader.snapshot().flag("f", true)).isFalse();
    assertThat(stat("admin_overrides_active")).isEqualTo(1);

    loader.override(Map.of("k", "", "f", ""));
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);
    assertThat(stat("admin_overrides_active")).isZero();
  }

  @Test
  void withoutAnAdminLayerNothingIsOverridden() throws Exception {
    RuntimeLoader loader = start(BELOW.substring(0, BELOW.length() - 2));
    assertThatThrownBy(() -> loader.override(Map.of("k", "7")))
        .isInstanceOf(ConfigException.class)
        .hasMessage("No admin layer specified");
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);
  }

  @Test
  void theAdminLayerIsBounded() throws Exception {
    RuntimeLoader loader = start("{name: a, admin_layer: {}}");
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i <= 10_000; i++) {
      many.put("k" + i, "1");
    }
    assertThatThrownBy(() -> loader.override(many)).isInstanceOf(ConfigException.class);
    assertThat(loader.snapshot().values()).isEmpty();
    assertThat(stat("load_error")).isEqualTo(1);
  }

  private void write(String file, String text) throws Exception {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private String disk(String more) {
    return "{name: d, disk_layer: {symlink_root: " + directory.resolve("current") + more + "}}";
  }

  private void point(String at) throws Exception {
    Path link = directory.resolve("current");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, directory.resolve(at));
  }

  @Test
  void filesAreValuesAndDirectoriesAreDots() throws Exception {
    write("v1/sub/sc/one", "42\n");
    write("v1/sub/sc/deep/two", "  5 \n# comment\n\n 6  \n");
    write("v1/sub/sc/.empty", "# only this\n");
    point("v1");

    RuntimeSnapshot runtime =
        load(disk(", subdirectory: sub, append_service_cluster: true")).snapshot();

    assertThat(runtime.values()).containsOnlyKeys("one", "deep.two", ".empty");
    assertThat(runtime.number("one", 0)).isEqualTo(42);
    assertThat(runtime.text("deep.two")).isEqualTo("  5 \n 6");
    assertThat(runtime.text(".empty")).isEmpty();
  }

  @Test
  void filesAreReadAgainWhenTheLinkIsExchanged() throws Exception {
    write("v1/k", "1");
    write("v2/k", "2");
    point("v1");
    RuntimeLoader loader = start(disk(""));
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);

    point("v2");
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(1);
    files.moved(directory.resolve("current"));
    time.run();
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(2);

    loader.close();
    assertThat(files.open()).isZero();
  }

  @Test
  void aDirectoryThatIsNotThereIsNoLayer() throws Exception {
    RuntimeLoader loader = start(disk(""));
    assertThat(loader.snapshot().layers()).isEmpty();
    assertThat(stat("load_success")).isEqualTo(2);
    assertThat(stat("load_error")).isZero();
  }

  @Test
  void aDirectoryThatCannotBeReadIsLeftOutAndCounted() throws Exception {
    write("v1/" + "a/".repeat(20) + "x", "1");
    point("v1");
    RuntimeLoader loader = start(disk("") + ", {name: s, static_layer: {k: 1}}");
    assertThat(loader.snapshot().values()).containsOnlyKeys("k");
    assertThat(stat("num_layers")).isEqualTo(1);
    assertThat(stat("load_error")).isEqualTo(2);
    assertThat(stat("load_success")).isZero();
  }

  @Test
  void twoDirectoriesAreAnOverride() throws Exception {
    write("v1/k", "1");
    write("v1/o/k", "2");
    point("v1");
    String second = disk(", subdirectory: o").replace("name: d,", "name: o,");
    RuntimeLoader loader = start(disk("") + ", " + second);
    assertThat(loader.snapshot().number("k", 0)).isEqualTo(2);
    assertThat(stat("override_dir_exists")).isEqualTo(2);
  }
}
