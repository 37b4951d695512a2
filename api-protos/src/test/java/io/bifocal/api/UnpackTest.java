package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import org.junit.jupiter.api.Test;

class UnpackTest {
  private static final Cluster CLUSTER = Cluster.newBuilder().setName("a").build();

  @Test
  void aMessageOfTheTypeExpectedIsDecoded() throws ConfigException {
    assertThat(Unpack.as(Cluster.getDefaultInstance(), Any.pack(CLUSTER))).isEqualTo(CLUSTER);
  }

  @Test
  void anotherTypeIsNamed() {
    Any any = Any.pack(CLUSTER);
    assertThatThrownBy(() -> Unpack.as(Address.getDefaultInstance(), any))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Unable to unpack as envoy.config.core.v3.Address:"
                + " type.googleapis.com/envoy.config.cluster.v3.Cluster");
    assertThatThrownBy(() -> Unpack.as(CLUSTER, Any.getDefaultInstance()))
        .hasMessage("Unable to unpack as envoy.config.cluster.v3.Cluster: an Any without a type");
  }

  @Test
  void bytesThatDoNotDecodeAreRefusedWithoutShowingThem() {
    Any any = Any.pack(CLUSTER).toBuilder().setValue(ByteString.copyFromUtf8("\377secret")).build();
    assertThatThrownBy(() -> Unpack.as(CLUSTER, any))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Unable to unpack as envoy.config.cluster.v3.Cluster: ")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aMessageThatBreaksItsConstraintsIsRefused() {
    Any any = Any.pack(Cluster.getDefaultInstance());
    assertThatThrownBy(() -> Unpack.as(CLUSTER, any))
        .hasMessage(
            "Proto constraint validation failed (ClusterValidationError.Name: value length must be"
                + " at least 1 characters)");
  }
}
