package io.bifocal.dataplane.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import io.bifocal.api.BootstrapReader;
import org.junit.jupiter.api.Test;

class RuntimeSnapshotTest {
  private static RuntimeSnapshot read(String layers) throws Exception {
    return RuntimeSnapshot.of(
        new BootstrapReader(false)
            .readYaml("layered_runtime: {layers: [" + layers + "]}", "test")
            .getLayeredRuntime());
  }

  @Test
  void keysMayBeWrittenWithDotsOrNested() throws Exception {
    RuntimeSnapshot runtime =
        read("{name: s, static_layer: {a.b.c: x, a: {b: {d: 2}}, a.b: {e.f: true}}}");
    assertThat(runtime.under("a.b"))
        .containsOnlyKeys("c", "d", "e.f")
        .containsEntry("d", Value.newBuilder().setNumberValue(2).build());
    assertThat(runtime.under("a.bb")).isEmpty();
  }

  @Test
  void aLaterLayerWins() throws Exception {
    RuntimeSnapshot runtime =
        read("{name: s, static_layer: {a.b: 1, a.c: 1}}, {name: t, static_layer: {a.b: 2}}");
    assertThat(runtime.under("a"))
        .containsEntry("b", Value.newBuilder().setNumberValue(2).build())
        .containsEntry("c", Value.newBuilder().setNumberValue(1).build());
  }

  @Test
  void layersThatAreNotReadAreWarnedOf() throws Exception {
    assertThat(read("{name: admin, admin_layer: {}}, {name: s, static_layer: {}}").warnings())
        .containsExactly(
            "layered_runtime.layers 'admin': only static layers are read yet, and this one is"
                + " none");
  }
}
