package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What cannot be decoded, or breaks a constraint, refuses its whole response. */
class RefusalTest {
  private final List<String> unknown = new ArrayList<>();
  private final TransportObserver observer =
      new TransportObserver() {
        @Override
        public void onUnknownFields(String typeUrl, String resource, String paths) {
          unknown.add(resource + ": " + paths);
        }
      };
  private final Conversation talk = Conversation.stateOfTheWorld(observer, false);

  private void clustersAreAt1() {
    talk.accept(CLUSTER);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.heard();
    talk.takeSeen();
  }

  private static Any garbage(ResourceType<?> type) {
    return Any.newBuilder()
        .setTypeUrl(type.typeUrl())
        .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2, 3}))
        .build();
  }

  @Test
  void anotherTypeThanTheResponses() {
    clustersAreAt1();
    talk.respond(CLUSTER, "2", "n2", cluster("b"), endpoints("e"));
    assertThat(talk.heard().get(0))
        .startsWith(
            "CDS [] v1 n2 error: type.googleapis.com/envoy.config.endpoint.v3"
                + ".ClusterLoadAssignment does not match the message-wide type URL"
                + " type.googleapis.com/envoy.config.cluster.v3.Cluster in DiscoveryResponse");
    assertThat(talk.takeSeen()).as("nothing is applied").containsExactly("CDS Malformed");
  }

  @Test
  void anotherTypeInsideAWrapper() {
    clustersAreAt1();
    talk.respond(
        CLUSTER,
        "2",
        "n2",
        Resource.newBuilder().setName("e").setResource(Any.pack(endpoints("e"))).build());
    assertThat(talk.heard().get(0)).contains("does not match the message-wide type URL");
  }

  @Test
  void bytesThatDoNotDecode() {
    clustersAreAt1();
    talk.respond(CLUSTER, "2", "n2", cluster("b"), garbage(CLUSTER));
    assertThat(talk.heard().get(0))
        .startsWith("CDS [] v1 n2 error: Unable to unpack as envoy.config.cluster.v3.Cluster");
    assertThat(talk.takeSeen()).containsExactly("CDS Malformed");
  }

  @Test
  void aConstraintThatIsBroken() {
    clustersAreAt1();
    talk.respond(CLUSTER, "2", "n2", cluster("b"), cluster(""));
    assertThat(talk.heard().get(0))
        .startsWith(
            "CDS [] v1 n2 error: resources[1]: Proto constraint validation failed (ClusterValidationError.Name: value length must be"
                + " at least 1 characters)");
    assertThat(talk.takeSeen()).as("nothing is applied").containsExactly("CDS Malformed");
    talk.respond(
        CLUSTER,
        "3",
        "n3",
        cluster("late").toBuilder().setConnectTimeout(Durations.fromSeconds(-1)).build());
    assertThat(talk.heard().get(0)).startsWith("CDS [] v1 n3 error: resource 'late': ");
  }

  @Test
  void aWrapperThatDoesNotDecode() {
    clustersAreAt1();
    Any wrapper =
        garbage(CLUSTER).toBuilder()
            .setTypeUrl("type.googleapis.com/envoy.service.discovery.v3.Resource")
            .build();
    talk.respond(CLUSTER, "2", "n2", wrapper);
    assertThat(talk.heard().get(0))
        .startsWith("CDS [] v1 n2 error: Unable to unpack as envoy.service.discovery.v3.Resource");
  }

  @Test
  void aNameFunctionThatThrows() {
    ResourceType<Cluster> odd =
        ResourceType.of(
            "ODD",
            Cluster.getDefaultInstance(),
            c -> {
              throw new IllegalStateException("no name");
            },
            true);
    talk.accept(odd);
    talk.start();
    talk.heard();
    talk.respond(odd, "1", "n1", cluster("a"));
    assertThat(talk.heard().get(0)).contains("error: ").contains("no name");
  }

  @Test
  void wrappedAndBareResourcesMayBeMixed() {
    talk.accept(CLUSTER);
    talk.start();
    talk.respond(
        CLUSTER,
        "1",
        "n1",
        Resource.newBuilder().setName("a").setResource(Any.pack(cluster("a"))).build(),
        cluster("b"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a, b] @1");
  }

  @Test
  void anUnknownFieldIsReportedAndIgnored() throws Exception {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", strange());
    assertThat(talk.heard()).containsExactly("CDS [] v1 n1");
    assertThat(unknown).containsExactly("a: #19999");
  }

  @Test
  void anUnknownFieldRefusesIfSoDecided() throws Exception {
    Conversation strict = Conversation.stateOfTheWorld(observer, true);
    strict.accept(CLUSTER);
    strict.start();
    strict.heard();
    strict.respond(CLUSTER, "1", "n1", strange());
    assertThat(strict.heard().get(0)).contains("error: ").contains("#19999");
  }

  private static Cluster strange() throws Exception {
    ByteString field = ByteString.copyFrom(new byte[] {(byte) 0xf8, (byte) 0xe1, 0x09, 1});
    return Cluster.parseFrom(cluster("a").toByteString().concat(field));
  }

  @Test
  void identicalBytesAreRefusedEverMoreSlowly() {
    talk.chance = 0.999;
    talk.subscribe(CLUSTER, Set.of(), update -> Verdict.reject("no"));
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).as("the first refusal is immediate").hasSize(1);
    talk.respond(CLUSTER, "counted up", "n2", cluster("a"));
    assertThat(talk.heard()).isEmpty();
    talk.time.advance(Duration.ofMillis(499));
    assertThat(talk.heard()).isEmpty();
    talk.time.advance(Duration.ofMillis(1));
    assertThat(talk.heard()).containsExactly("CDS [] n2 error: no");
    talk.respond(CLUSTER, "1", "n3", cluster("a"));
    talk.time.advance(Duration.ofMillis(998));
    assertThat(talk.heard()).isEmpty();
    talk.time.advance(Duration.ofMillis(2));
    assertThat(talk.heard()).containsExactly("CDS [] n3 error: no");
    for (int i = 4; i < 20; i++) {
      talk.respond(CLUSTER, "1", "n" + i, cluster("a"));
      talk.time.advance(Duration.ofSeconds(30));
      assertThat(talk.heard()).as("never later than 30 s").hasSize(1);
    }
    talk.respond(CLUSTER, "1", "n20", cluster("a"));
    assertThat(talk.heard()).isEmpty();
    talk.respond(CLUSTER, "1", "n21", cluster("b"));
    assertThat(talk.heard())
        .as("other bytes are answered at once")
        .containsExactly("CDS [] n21 error: no");
  }

  @Test
  void identicalBytesThatCannotBeDecodedAreRefusedSlowlyToo() {
    clustersAreAt1();
    talk.respond(CLUSTER, "2", "n2", garbage(CLUSTER));
    assertThat(talk.heard()).hasSize(1);
    talk.respond(CLUSTER, "2", "n3", garbage(CLUSTER));
    assertThat(talk.heard()).isEmpty();
    talk.time.advance(Duration.ofMillis(250));
    assertThat(talk.heard()).hasSize(1);
  }

  @Test
  void aChangeOfInterestDoesNotWaitForADelayedRefusal() {
    talk.subscribe(ENDPOINTS, Set.of("e1"), update -> Verdict.reject("no"));
    talk.start();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("e1"));
    talk.respond(ENDPOINTS, "1", "n2", endpoints("e1"));
    talk.heard();
    talk.accept(ENDPOINTS, "e2");
    assertThat(talk.heard()).containsExactly("EDS [e1, e2] n2 error: no");
    talk.time.advance(Duration.ofSeconds(1));
    assertThat(talk.heard()).isEmpty();
    assertThat(talk.time.pendingTimers()).as("only the wait for e2").isEqualTo(1);
  }

  @Test
  void twoHundredThousandNamesAreTakenInOneGo() {
    ClusterLoadAssignment[] many = new ClusterLoadAssignment[200_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = endpoints("e" + i);
    }
    talk.accept(ENDPOINTS, "e77");
    talk.start();
    talk.heard();
    talk.respond(ENDPOINTS, "1", "n1", many);
    assertThat(talk.heard()).containsExactly("EDS [e77] v1 n1");
    assertThat(talk.takeSeen()).containsExactly("EDS [e77] @1");
  }

  @Test
  void twoHundredThousandSubscriptionsUnderOneHoldMakeOneRequest() {
    talk.start();
    Hold hold = talk.subscriptions.hold(ENDPOINTS);
    for (int i = 0; i < 200_000; i++) {
      talk.accept(ENDPOINTS, "e" + i);
    }
    hold.close();
    assertThat(talk.server.takeSent()).hasSize(1);
  }
}
