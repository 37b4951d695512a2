package io.bifocal.xds;

import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client without any server. */
class MemoryResourcesTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private final VirtualTime time = new VirtualTime();
  private final MemoryResources memory = new MemoryResources();
  private final List<String> seen = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private final XdsClient client =
      XdsClient.builder().resources(memory).loop(time).decodeExecutor(time).build();

  @BeforeEach
  void start() {
    memory.addListener(
        (type, version, error) ->
            answers.add(type.substring(type.lastIndexOf('.') + 1) + " " + version + " " + error));
    client.start();
  }

  private <T extends Message> Subscription watch(ResourceType<T> type, String... names) {
    Subscription subscription =
        client
            .subscriptions()
            .subscribe(
                ADS,
                type,
                Set.of(names),
                new ResourceWatcher<T>() {
                  @Override
                  public Verdict onUpdate(Update<T> update) {
                    List<String> came = update.resources().stream().map(Resource::name).toList();
                    seen.add(type + " " + came + " @" + update.version());
                    return came.contains("bad") ? Verdict.reject("no") : Verdict.accept();
                  }

                  @Override
                  public void onError(XdsError error) {
                    seen.add(type + " " + error.getClass().getSimpleName());
                  }
                },
                SubscriptionObserver.NONE);
    time.run();
    return subscription;
  }

  private static Cluster cluster(String name) {
    return Cluster.newBuilder().setName(name).build();
  }

  private static ClusterLoadAssignment endpoints(String name) {
    return ClusterLoadAssignment.newBuilder().setClusterName(name).build();
  }

  private List<String> takeSeen() {
    time.run();
    List<String> taken = List.copyOf(seen);
    seen.clear();
    return taken;
  }

  @Test
  void whatIsSetIsServedAndSoIsEachChange() {
    memory.set(CLUSTER, cluster("a"));
    watch(CLUSTER);
    assertThat(takeSeen()).containsExactly("CDS [a] @1");
    memory.set(CLUSTER, cluster("b"));
    assertThat(takeSeen()).containsExactly("CDS [a, b] @2");
    memory.remove(CLUSTER, "a");
    assertThat(takeSeen()).containsExactly("CDS [b] @3");
    memory.remove(CLUSTER, "a");
    assertThat(takeSeen()).isEmpty();
    memory.replace(CLUSTER, List.of(cluster("c"), cluster("d")));
    assertThat(takeSeen()).containsExactly("CDS [c, d] @4");
    assertThat(answers).containsExactly("Cluster 1 ", "Cluster 2 ", "Cluster 3 ", "Cluster 4 ");
  }

  @Test
  void aListOfAllMayBeEmptyAndANameMayBeMissing() {
    watch(CLUSTER);
    watch(ENDPOINTS, "e");
    assertThat(takeSeen()).containsExactly("CDS [] @");
    memory.set(ENDPOINTS, endpoints("e"));
    assertThat(takeSeen()).containsExactly("EDS [e] @1");
  }

  @Test
  void anotherNameIsAnsweredWithWhatThereIs() {
    memory.replace(ENDPOINTS, List.of(endpoints("e1"), endpoints("e2")));
    Subscription subscription = watch(ENDPOINTS, "e1");
    assertThat(takeSeen()).containsExactly("EDS [e1] @1");
    subscription.update(Set.of("e1", "e2"));
    assertThat(takeSeen()).containsExactly("EDS [e1, e2] @1");
    watch(ENDPOINTS, "e1");
    assertThat(takeSeen()).as("who asks again is answered").contains("EDS [e1] @1");
  }

  @Test
  void aRefusalIsHeard() {
    memory.set(CLUSTER, cluster("bad"));
    watch(CLUSTER);
    memory.set(CLUSTER, cluster(""));
    time.run();
    assertThat(answers).hasSize(2);
    assertThat(answers.get(0)).isEqualTo("Cluster 1 no");
    assertThat(answers.get(1)).startsWith("Cluster 2 ").contains("at least 1 characters");
  }

  @Test
  void aResourceMayBearANameOfItsWrapper() {
    memory.set(ENDPOINTS, "alias", endpoints("e"));
    watch(ENDPOINTS, "alias");
    assertThat(takeSeen()).containsExactly("EDS [alias] @1");
  }

  @Test
  void severalClientsShareThem() {
    watch(CLUSTER);
    XdsClient other = XdsClient.builder().resources(memory).loop(time).decodeExecutor(time).build();
    other.start();
    List<String> heard = new ArrayList<>();
    other
        .subscriptions()
        .subscribe(
            ADS,
            CLUSTER,
            Set.of(),
            update -> {
              heard.add(update.version());
              return Verdict.accept();
            },
            SubscriptionObserver.NONE);
    memory.set(CLUSTER, cluster("a"));
    time.run();
    assertThat(heard).endsWith("1");
    other.close();
    client.close();
    memory.set(CLUSTER, cluster("b"));
    time.run();
    assertThat(heard).endsWith("1");
    assertThat(time.pendingTimers()).isZero();
  }
}
