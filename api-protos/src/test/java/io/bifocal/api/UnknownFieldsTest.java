package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import org.junit.jupiter.api.Test;

class UnknownFieldsTest {
  private static UnknownFieldSet fields(int... numbers) {
    UnknownFieldSet.Builder set = UnknownFieldSet.newBuilder();
    for (int number : numbers) {
      set.addField(number, UnknownFieldSet.Field.newBuilder().addVarint(1).build());
    }
    return set.build();
  }

  @Test
  void aMessageOfThisApiHasNone() {
    assertThat(UnknownFields.in(Cluster.newBuilder().setName("a").build())).isEmpty();
  }

  @Test
  void eachIsFoundWithItsPath() {
    ClusterLoadAssignment assignment =
        ClusterLoadAssignment.newBuilder()
            .setUnknownFields(fields(900))
            .addEndpoints(LocalityLbEndpoints.getDefaultInstance())
            .addEndpoints(LocalityLbEndpoints.newBuilder().setUnknownFields(fields(901, 902)))
            .build();
    assertThat(UnknownFields.in(assignment))
        .containsExactly("#900", "endpoints[1].#901", "endpoints[1].#902");
  }

  @Test
  void anAnyIsOpenedIfItsTypeIsKnown() {
    Cluster inner = Cluster.newBuilder().setUnknownFields(fields(900)).build();
    Any known = Any.pack(inner);
    Any foreign = known.toBuilder().setTypeUrl("type.googleapis.com/a.B").build();
    assertThat(UnknownFields.in(holding(known)))
        .containsExactly("transport_socket.typed_config.#900");
    assertThat(UnknownFields.in(holding(foreign))).isEmpty();
  }

  private static Cluster holding(Any any) {
    return Cluster.newBuilder()
        .setTransportSocket(TransportSocket.newBuilder().setTypedConfig(any))
        .build();
  }

  @Test
  void theListIsBounded() {
    ClusterLoadAssignment.Builder assignment = ClusterLoadAssignment.newBuilder();
    for (int i = 0; i < 1_000; i++) {
      assignment.addEndpoints(LocalityLbEndpoints.newBuilder().setUnknownFields(fields(900)));
    }
    assertThat(UnknownFields.in(assignment.build())).hasSize(100);
  }
}
