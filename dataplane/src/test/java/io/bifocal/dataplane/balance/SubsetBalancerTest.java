package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.around;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.balance.Subsets.Fallback;
import io.bifocal.dataplane.balance.Subsets.Selector;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SubsetBalancerTest {
  private static final Struct NOTHING = Struct.getDefaultInstance();

  private final StatsStore stats = new StatsStore(1);
  private final Scope scope = stats.root();
  private Fallback fallback = Fallback.NO_FALLBACK;
  private Struct defaultSubset = NOTHING;
  private final List<Selector> selectors = new ArrayList<>();
  private boolean panicModeAny;
  private boolean listAsAny;
  private boolean fallbackList;
  private boolean allowRedundantKeys;
  private boolean localityWeightAware;
  private boolean scaleLocalityWeight;
  private HostSet hosts =
      Hosts.set(
          like("a", "version=1 stage=prod"),
          like("b", "version=1 stage=dev"),
          like("c", "version=2 stage=prod"),
          like("d", ""));

  private SubsetBalancerTest selector(String keys) {
    return selector(keys, null, "");
  }

  private SubsetBalancerTest selector(String keys, @Nullable Fallback own, String fallbackKeys) {
    selectors.add(
        new Selector(
            new TreeSet<>(List.of(keys.split(" "))),
            own,
            fallbackKeys.isEmpty() ? List.of() : List.of(fallbackKeys.split(" ")),
            false));
    return this;
  }

  private Subsets config() {
    return new Subsets(
        fallback,
        defaultSubset,
        selectors,
        localityWeightAware,
        scaleLocalityWeight,
        panicModeAny,
        listAsAny,
        fallbackList,
        allowRedundantKeys);
  }

  private SubsetBalancer balancer(Surroundings around) {
    SubsetBalancer balancer =
        new SubsetBalancer(
            config(), () -> LoadBalancer.of(Policy.InTurn.DEFAULT, around), new LbStats(scope, 1));
    balancer.update(SubsetIndex.of(config(), hosts));
    return balancer;
  }

  /** Whom requests reach that want these values; a dash for nobody. */
  private String reached(String wanted) {
    return reached(wanted.equals("any") ? null : MetadataCriteria.of(struct(wanted)));
  }

  private String reached(@Nullable MetadataCriteria wanted) {
    SubsetBalancer balancer = balancer(around(0).with(new Panic(0, () -> {})));
    TreeSet<String> names = new TreeSet<>();
    for (int i = 0; i < 8; i++) {
      Host host = balancer.choose(LoadBalancerContext.NONE.like(wanted));
      names.add(host == null ? "-" : host.hostname());
    }
    return String.join("", names);
  }

  private long counted(String name) {
    return scope.counter(name).value();
  }

  @Test
  void aRequestReachesTheHostsThatAreAsItWants() {
    selector("version").selector("stage version");
    assertThat(reached("version=1")).isEqualTo("ab");
    assertThat(reached("version=2")).isEqualTo("c");
    assertThat(reached("stage=prod version=1")).isEqualTo("a");
    assertThat(counted("lb_subsets_selected")).isEqualTo(24);
  }

  @Test
  void withoutAFallbackNobodyServesWhatNoSubsetHas() {
    selector("version");
    assertThat(reached("version=3")).isEqualTo("-");
    assertThat(reached("stage=prod")).as("no selector has that key").isEqualTo("-");
    assertThat(reached("stage=prod version=1")).as("a key too many").isEqualTo("-");
    assertThat(reached("any")).isEqualTo("-");
    assertThat(counted("lb_subsets_fallback")).isZero();
  }

  @Test
  void anyEndpointMayServeInstead() {
    fallback = Fallback.ANY_ENDPOINT;
    selector("version");
    assertThat(reached("version=3")).isEqualTo("abcd");
    assertThat(reached("any")).isEqualTo("abcd");
    assertThat(counted("lb_subsets_fallback")).isEqualTo(16);
  }

  @Test
  void theDefaultSubsetMayServeInstead() {
    fallback = Fallback.DEFAULT_SUBSET;
    defaultSubset = struct("stage=dev");
    selector("version");
    assertThat(reached("version=3")).isEqualTo("b");
    defaultSubset = struct("stage=none");
    assertThat(reached("version=3")).isEqualTo("-");
    panicModeAny = true;
    assertThat(reached("version=3")).isEqualTo("abcd");
    assertThat(counted("lb_subsets_fallback")).isEqualTo(8);
    assertThat(counted("lb_subsets_fallback_panic")).isEqualTo(8);
  }

  @Test
  void aSelectorsOwnFallbackComesFirst() {
    fallback = Fallback.ANY_ENDPOINT;
    defaultSubset = struct("stage=dev");
    selector("version", Fallback.NO_FALLBACK, "");
    selector("stage", Fallback.DEFAULT_SUBSET, "");
    selector("stage version", Fallback.KEYS_SUBSET, "stage");
    assertThat(reached("version=3")).isEqualTo("-");
    assertThat(reached("stage=none")).isEqualTo("b");
    assertThat(reached("stage=prod version=3")).as("by its stage alone").isEqualTo("ac");
    assertThat(reached("stage=none version=3")).as("and then by that one's").isEqualTo("b");
    assertThat(reached("other=1")).isEqualTo("abcd");
    assertThat(counted("lb_subsets_fallback")).as("only the cluster's own").isEqualTo(8);
  }

  @Test
  void aSelectorWhoseKeysBeginAnotherOnesHasItsOwnFallback() {
    selector("stage version");
    selector("stage", Fallback.ANY_ENDPOINT, "");
    assertThat(reached("stage=none")).isEqualTo("abcd");
  }

  @Test
  void aListStandsForEachOfItsValuesIfThatIsWanted() {
    hosts =
        Hosts.set(
            like("a", Struct.newBuilder().putFields("version", list("1", "2")).build()),
            like("b", "version=2"));
    selector("version");
    assertThat(reached("version=1")).isEqualTo("-");
    assertThat(
            reached(
                MetadataCriteria.of(
                    Struct.newBuilder().putFields("version", list("1", "2")).build())))
        .isEqualTo("a");
    listAsAny = true;
    assertThat(reached("version=1")).isEqualTo("a");
    assertThat(reached("version=2")).isEqualTo("ab");
  }

  @Test
  void aRequestsFallbacksAreTriedInTurn() {
    selector("version");
    Value fallbacks =
        Value.newBuilder()
            .setListValue(
                ListValue.newBuilder()
                    .addValues(Value.newBuilder().setStructValue(struct("version=3")))
                    .addValues(Value.newBuilder().setStructValue(struct("version=2"))))
            .build();
    MetadataCriteria wanted =
        MetadataCriteria.of(
            struct("version=1").toBuilder().putFields(Subsets.FALLBACK_LIST, fallbacks).build());
    assertThat(reached(wanted)).as("a key like any other").isEqualTo("-");
    fallbackList = true;
    assertThat(reached(wanted)).isEqualTo("c");
  }

  @Test
  void keysTooManyAreLeftOutIfThatIsAllowed() {
    allowRedundantKeys = true;
    selector("stage").selector("version");
    assertThat(reached("other=1 version=1")).isEqualTo("ab");
    assertThat(reached("other=1 stage=prod version=1")).as("the first selector").isEqualTo("ac");
  }

  @Test
  void aSingleHostServesWhateverItsHealth() {
    Host unwell = like("a", "id=1", HealthStatus.UNHEALTHY);
    hosts = Hosts.set(unwell, like("b", "id=1"), like("c", "id=2"));
    selectors.add(new Selector(new TreeSet<>(List.of("id")), null, List.of(), true));
    assertThat(reached("id=1")).isEqualTo("a");
    assertThat(SubsetIndex.of(config(), hosts).duplicates()).isEqualTo(1);
  }

  @Test
  void turnsGoOnWhenHostsChange() {
    selector("version");
    SubsetBalancer balancer = balancer(around(0));
    LoadBalancerContext wanted =
        LoadBalancerContext.NONE.like(MetadataCriteria.of(struct("version=1")));
    assertThat(hostname(balancer.choose(wanted))).isEqualTo("a");
    balancer.update(SubsetIndex.of(config(), hosts));
    assertThat(hostname(balancer.choose(wanted))).isEqualTo("b");
    hosts = Hosts.set(like("e", "version=1"));
    balancer.update(SubsetIndex.of(config(), hosts));
    assertThat(hostname(balancer.choose(wanted))).isEqualTo("e");
    hosts = Hosts.set(like("f", "version=2"));
    balancer.update(SubsetIndex.of(config(), hosts));
    assertThat(balancer.choose(wanted)).isNull();
  }

  @Test
  void whatIsSaidMoreSpecificallyCounts() {
    MetadataCriteria route = MetadataCriteria.of(struct("stage=prod version=1"));
    assertThat(MetadataCriteria.merged(route, struct("version=2")))
        .isEqualTo(MetadataCriteria.of(struct("stage=prod version=2")))
        .hasSameHashCodeAs(MetadataCriteria.of(struct("version=2 stage=prod")));
    assertThat(MetadataCriteria.merged(null, null)).isNull();
    assertThat(MetadataCriteria.merged(route, null)).isSameAs(route);
    assertThat(MetadataCriteria.of(Metadata.getDefaultInstance())).isNull();
  }

  @Test
  void localitiesKeepTheirWeightsWithinASubsetIfThatIsWanted() {
    Locality east = new Locality("east", "", "");
    Locality west = new Locality("west", "", "");
    List<Host> all =
        List.of(
            Hosts.at(like("a", "version=1"), east),
            Hosts.at(like("b", "version=2"), east),
            Hosts.at(like("c", "version=1"), west));
    hosts = new HostSet(List.of(all), 140, false, List.of(Map.of(east, 4, west, 2)));
    selector("version");
    MetadataCriteria one = MetadataCriteria.of(struct("version=1"));
    assertThat(weights(one)).isEmpty();
    localityWeightAware = true;
    assertThat(weights(one)).isEqualTo(Map.of(east, 4, west, 2));
    scaleLocalityWeight = true;
    assertThat(weights(one)).isEqualTo(Map.of(east, 2, west, 2));
  }

  private Map<Locality, Integer> weights(MetadataCriteria key) {
    SubsetIndex.Subset subset = SubsetIndex.of(config(), hosts).subsets().get(key);
    return subset == null ? Map.of() : subset.hosts().weights(0);
  }

  private static String hostname(@Nullable Host host) {
    return host == null ? "-" : host.hostname();
  }

  private static Value list(String... values) {
    return Value.newBuilder()
        .setListValue(
            ListValue.newBuilder()
                .addAllValues(
                    Arrays.stream(values)
                        .map(v -> Value.newBuilder().setStringValue(v).build())
                        .toList()))
        .build();
  }

  private static Struct struct(String pairs) {
    Struct.Builder struct = Struct.newBuilder();
    for (String pair : pairs.isEmpty() ? new String[0] : pairs.split(" ")) {
      String[] both = pair.split("=");
      struct.putFields(both[0], Value.newBuilder().setStringValue(both[1]).build());
    }
    return struct.build();
  }

  private static Host like(String name, String pairs) {
    return like(name, struct(pairs));
  }

  private static Host like(String name, Struct fields) {
    return Hosts.like(Hosts.host(name), fields);
  }

  private static Host like(String name, String pairs, HealthStatus health) {
    return Hosts.like(Hosts.host(name, health), struct(pairs));
  }
}
