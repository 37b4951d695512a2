package io.bifocal.dataplane.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeSnapshotTest {
  private static final Fraction OTHERWISE = new Fraction(33, 100);

  private static RuntimeSnapshot read(String layers) throws Exception {
    return Layers.of(layers).fixed();
  }

  @Test
  void keysMayBeWrittenWithDotsOrNested() throws Exception {
    RuntimeSnapshot runtime =
        read("{name: s, static_layer: {a.b.c: x, a: {b: {d: 2}}, a.b: {e.f: true}}}");
    assertThat(runtime.under("a.b")).containsOnlyKeys("c", "d", "e.f");
    assertThat(runtime.number("a.b.d", 0)).isEqualTo(2);
    assertThat(runtime.flag("a.b.e.f", false)).isTrue();
    assertThat(runtime.text("a.b.c")).isEqualTo("x");
    assertThat(runtime.under("a.bb")).isEmpty();
  }

  @Test
  void aLaterLayerWins() throws Exception {
    RuntimeSnapshot runtime =
        read("{name: s, static_layer: {a.b: 1, a.c: 1}}, {name: t, static_layer: {a.b: 2}}");
    assertThat(runtime.number("a.b", 0)).isEqualTo(2);
    assertThat(runtime.number("a.c", 0)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | 100",
        "50 | 50 | 100",
        "50.5 | 50 | 100",
        "4294967296 | 4294967296 | 100",
        "-3 | 33 | 100",
        "true | 33 | 100",
        "'50' | 50 | 100",
        "'\" 50 \"' | 50 | 100",
        "'\"0x10\"' | 16 | 100",
        "'\"1e2\"' | 100 | 100",
        "'\"1.0e+20\"' | 33 | 100",
        "'\"inf\"' | 33 | 100",
        "'\"\"' | 33 | 100",
        "all | 33 | 100",
        "'{numerator: 1, denominator: HUNDRED}' | 1 | 100",
        "'{numerator: 500000, denominator: MILLION}' | 500000 | 1000000",
        "'{numerator: 7, denominator: TEN_THOUSAND}' | 7 | 10000",
        "'{numerator: 100}' | 100 | 100",
        "'{denominator: MILLION}' | 0 | 1000000",
        "'{numerator: x}' | 0 | 100",
        "'{numerator: 100, other: 1}' | 33 | 100",
        "'\"{numerator: 100}\"' | 33 | 100",
      })
  void aShareIsReadAsEnvoyReadsIt(String value, long numerator, long denominator) throws Exception {
    RuntimeSnapshot runtime = read("{name: s, static_layer: {k: " + value + "}}");
    assertThat(runtime.fraction("k", OTHERWISE)).isEqualTo(new Fraction(numerator, denominator));
  }

  @ParameterizedTest
  @CsvSource({"true, true", "TRUE, true", "false, false", "0, true", "no way, true"})
  void aFlagIsTrueOrFalse(String text, boolean expected) {
    TreeMap<String, RuntimeValue> values = new TreeMap<>();
    values.put("k", RuntimeValue.of(text));
    RuntimeSnapshot runtime = new RuntimeSnapshot(List.of(new RuntimeLayer("l", values)));
    assertThat(runtime.flag("k", true)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5",
    "-3, -3",
    "0.5, 0.5",
    "12345678901, 12345678901",
    "0.1234567891, 0.123457",
    "0, 0"
  })
  void numbersAreShownAsEnvoyShowsThem(double number, String shown) throws Exception {
    Value value = Value.newBuilder().setNumberValue(number).build();
    assertThat(RuntimeValue.of("k", value).text()).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[1]"})
  void whatIsNoValueIsRefused(String value) {
    assertThatThrownBy(() -> read("{name: s, static_layer: {a: {k: " + value + "}}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid runtime entry value for a.k");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{name: a, admin_layer: {}}, {name: b, admin_layer: {}} | Too many admin layers specified in"
            + " LayeredRuntime, at most one may be specified",
        "{name: a, admin_layer: {}}, {name: a, static_layer: {}} | Duplicate layer name: a",
        "{name: a, disk_layer: {}} | layered_runtime.layers 'a'.disk_layer.symlink_root: invalid"
            + " file path",
      })
  void layersThatCannotBeAreRefused(String layers, String reason) {
    assertThatThrownBy(() -> Layers.of(layers))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(reason);
  }

  @Test
  void aGuardThatGuardsNothingIsWarnedOf() throws Exception {
    RuntimeLayers layers =
        Layers.of(
            "{name: s, static_layer: {envoy.reloadable_features.a: true, other: 1,"
                + " envoy: {restart_features: {b: false}}}}");
    assertThat(layers.warnings(Set.of("envoy.restart_features.b")))
        .containsExactly(
            "layered_runtime: 'envoy.reloadable_features.a' is ignored: it guards nothing here");
  }
}
