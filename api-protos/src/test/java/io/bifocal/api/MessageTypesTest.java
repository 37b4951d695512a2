package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageTypesTest {
  @Test
  void everyTypeOfTheApiIsFoundByItsUrl() {
    for (Descriptor type : EnvoyTypes.all()) {
      if (!type.getOptions().getMapEntry()) {
        assertThat(MessageTypes.descriptor("type.googleapis.com/" + type.getFullName()))
            .as(type.getFullName())
            .contains(type);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "google.protobuf.Struct",
        "google.rpc.Status",
        "xds.type.v3.TypedStruct",
        "udpa.type.v1.TypedStruct",
        "opentelemetry.proto.common.v1.KeyValue",
        "envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig"
      })
  void typesOfOtherPackagesAndNestedOnesAreFound(String name) {
    assertThat(MessageTypes.descriptor(name).map(Descriptor::getFullName)).contains(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a.B",
        "envoy.config.cluster.v3.Nope",
        "envoy.config.cluster.v3.cluster",
        "envoy.config.cluster.v3.ClusterProto",
        "google.protobuf.Message",
        "google.protobuf.Any/",
        "envoy.config.cluster.v3.Cluster.DiscoveryType",
        "envoy..",
        "java.lang.Runtime"
      })
  void whatIsNoMessageIsNotFound(String name) {
    assertThat(MessageTypes.prototype("type.googleapis.com/" + name)).isEmpty();
  }

  @Test
  void theNameIsWhatFollowsTheLastSlash() {
    assertThat(MessageTypes.prototype("example.com/x/envoy.config.cluster.v3.Cluster"))
        .contains(Cluster.getDefaultInstance());
  }
}
