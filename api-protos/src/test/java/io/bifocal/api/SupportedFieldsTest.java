package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.UnknownFieldSet;
import io.bifocal.api.SupportedFields.State;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SupportedFieldsTest {
  private static final SupportedFields TABLE =
      SupportedFields.of(Cluster.getDescriptor())
          .supports("name", "type")
          .ignores("it only labels statistics", "alt_stat_name")
          .refuses("write 'metadata' in its place", "transport_socket_matches");

  @Test
  void aSupportedFieldPassesWithoutAWarning() throws ConfigException {
    Cluster cluster = Cluster.newBuilder().setName("a").setType(Cluster.DiscoveryType.EDS).build();
    assertThat(TABLE.check(cluster, "cluster 'a'")).isEmpty();
  }

  @Test
  void aFieldThatIsSetAndNotNamedIsRefusedWithItsPath() {
    Cluster cluster =
        Cluster.newBuilder().setConnectTimeout(Duration.newBuilder().setSeconds(1)).build();
    assertThatThrownBy(() -> TABLE.check(cluster, "cluster 'a'"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("cluster 'a': field 'connect_timeout' is not supported");
  }

  @Test
  void anIgnoredFieldEndsInAWarningThatSaysWhyItIsSafe() throws ConfigException {
    Cluster cluster = Cluster.newBuilder().setAltStatName("b").build();
    assertThat(TABLE.check(cluster, "cluster 'a'"))
        .containsExactly(
            "cluster 'a': field 'alt_stat_name' is ignored: it only labels statistics");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 127, 128, 4095, 4096, 5000, 100_000})
  void itSeesWhatIsSetHoweverLargeTheRestIs(int length) throws ConfigException {
    Cluster.Builder cluster = Cluster.newBuilder().setName("n".repeat(length));
    assertThat(TABLE.check(cluster.build(), "c")).isEmpty();
    assertThat(TABLE.check(cluster.setAltStatName("b").build(), "c")).hasSize(1);
    cluster.setConnectTimeout(Duration.getDefaultInstance());
    assertThatThrownBy(() -> TABLE.check(cluster.build(), "c"))
        .hasMessage("c: field 'connect_timeout' is not supported");
  }

  @Test
  void whatIsWithinAGroupThatIsNotKnownIsNotTheMessagesOwn() throws ConfigException {
    UnknownFieldSet inner =
        UnknownFieldSet.newBuilder()
            .addField(
                Cluster.CONNECT_TIMEOUT_FIELD_NUMBER,
                UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    UnknownFieldSet group =
        UnknownFieldSet.newBuilder()
            .addField(900, UnknownFieldSet.Field.newBuilder().addGroup(inner).build())
            .build();
    Cluster cluster = Cluster.newBuilder().setName("a").setUnknownFields(group).build();
    assertThat(TABLE.check(cluster, "c")).isEmpty();
  }

  @Test
  void aRefusalMaySayWhy() {
    Cluster.Builder cluster = Cluster.newBuilder();
    cluster.addTransportSocketMatchesBuilder();
    assertThatThrownBy(() -> TABLE.check(cluster.build(), "cluster 'a'"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "cluster 'a': field 'transport_socket_matches' is not supported: write 'metadata' in"
                + " its place");
  }

  @Test
  void aScalarAtItsDefaultIsNotRefused() throws ConfigException {
    Cluster cluster = Cluster.newBuilder().setIgnoreHealthOnHostRemoval(false).build();
    assertThat(TABLE.check(cluster, "cluster 'a'")).isEmpty();
  }

  @Test
  void aMisspeltFieldFailsWhenTheTableIsMade() {
    assertThatThrownBy(() -> SupportedFields.of(Cluster.getDescriptor()).supports("connectTimeout"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("envoy.config.cluster.v3.Cluster has no field 'connectTimeout'");
  }

  @Test
  void aFieldCannotBeInTheTableTwice() {
    SupportedFields table = SupportedFields.of(Cluster.getDescriptor()).supports("name");
    assertThatThrownBy(() -> table.ignores("never", "name"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void itTellsWhatBecomesOfAField() {
    Descriptor cluster = Cluster.getDescriptor();
    assertThat(TABLE.type()).isEqualTo(cluster);
    assertThat(TABLE.state(cluster.findFieldByName("name"))).isEqualTo(State.SUPPORTED);
    assertThat(TABLE.why(cluster.findFieldByName("name"))).isEmpty();
    assertThat(TABLE.state(cluster.findFieldByName("alt_stat_name"))).isEqualTo(State.IGNORED);
    assertThat(TABLE.why(cluster.findFieldByName("alt_stat_name")))
        .isEqualTo("it only labels statistics");
    assertThat(TABLE.state(cluster.findFieldByName("connect_timeout"))).isEqualTo(State.REFUSED);
    assertThat(TABLE.why(cluster.findFieldByName("transport_socket_matches")))
        .isEqualTo("write 'metadata' in its place");
  }

  @Test
  void aTableRefusesMessagesOfAnotherType() {
    assertThatThrownBy(() -> TABLE.check(Address.getDefaultInstance(), "here"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
