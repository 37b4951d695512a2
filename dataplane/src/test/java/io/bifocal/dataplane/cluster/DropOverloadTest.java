package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.type.v3.FractionalPercent.DenominatorType;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DropOverloadTest {
  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private final ClusterLoadAssignment.Policy.Builder policy =
      ClusterLoadAssignment.Policy.newBuilder();

  private double share() throws ConfigException {
    return Objects.requireNonNull(DropOverload.of(policy.build(), runtime.snapshot())).share();
  }

  @Test
  void shareIsCountedByItsDenominator() throws ConfigException {
    var percent = policy.addDropOverloadsBuilder().setCategory("a").getDropPercentageBuilder();
    percent.setNumerator(25);
    assertThat(share()).isEqualTo(0.25);
    percent.setDenominator(DenominatorType.TEN_THOUSAND);
    assertThat(share()).isEqualTo(0.0025);
    percent.setDenominator(DenominatorType.MILLION);
    assertThat(share()).isEqualTo(0.000025);
  }

  @Test
  void operatorsCanLimitIt() throws ConfigException {
    policy.addDropOverloadsBuilder().setCategory("a").getDropPercentageBuilder().setNumerator(100);
    runtime.set("load_balancing_policy.drop_overload_limit", "40");
    assertThat(share()).isEqualTo(0.4);
    runtime.set("load_balancing_policy.drop_overload_limit", "0");
    assertThat(DropOverload.of(policy.build(), runtime.snapshot())).isNull();
    runtime.set("load_balancing_policy.drop_overload_limit", "200");
    assertThatThrownBy(this::share)
        .hasMessage(
            "load_balancing_policy.drop_overload_limit runtime key config 200 is invalid. The valid"
                + " range is 0~100");
  }

  @Test
  void chanceDecidesAsOftenAsItIsToBe() {
    DropOverload half = new DropOverload("a", 0.5);
    int dropped = 0;
    for (int i = 0; i < 10_000; i++) {
      dropped += half.drops() ? 1 : 0;
    }
    assertThat(dropped).isBetween(4_000, 6_000);
    assertThat(half.dropsAll()).isFalse();
    assertThat(new DropOverload("a", 1).drops()).isTrue();
  }
}
