package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.bifocal.api.constraint.MessageCheck;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.pgv.validate.Validate;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConstraintsTest {
  private static final Pattern LETTERS = Pattern.compile("\\$(\\d+)");

  /** One kind of rule with a message that keeps it and one that breaks it, as text protos. */
  private record RuleKind(
      String kind, String type, String accepted, String rejected, String violation) {
    @Override
    public String toString() {
      return kind;
    }
  }

  static Stream<RuleKind> kinds() throws IOException {
    try (InputStream in = ConstraintsTest.class.getResourceAsStream("rule-kinds.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" *\\| *", 5))
          .map(c -> new RuleKind(c[0], c[1], c[2], c[3], c[4]))
          .toList()
          .stream();
    }
  }

  private static Message message(String type, String text) throws TextFormat.ParseException {
    Message.Builder builder = MessageTypes.prototype(type).orElseThrow().newBuilderForType();
    String expanded =
        LETTERS.matcher(text).replaceAll(n -> "x".repeat(Integer.parseInt(n.group(1))));
    TextFormat.merge(expanded, builder);
    return builder.build();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindOfRuleAcceptsWhatKeepsIt(RuleKind kind) throws TextFormat.ParseException {
    Message message = message(kind.type(), kind.accepted());
    assertThatCode(() -> Constraints.check(message)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindOfRuleRejectsWhatBreaksItInEnvoysWords(RuleKind kind)
      throws TextFormat.ParseException {
    Message message = message(kind.type(), kind.rejected());
    assertThatThrownBy(() -> Constraints.check(message))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Proto constraint validation failed (" + kind.violation() + ")");
  }

  @Test
  void theTableHasEveryKindOfRuleThatTheApiUses() throws IOException {
    Set<String> used = new TreeSet<>();
    for (Descriptor type : EnvoyTypes.all()) {
      for (var oneof : type.getOneofs()) {
        if (oneof.getOptions().getExtension(Validate.required)) {
          used.add("oneof.required");
        }
      }
      for (FieldDescriptor field : type.getFields()) {
        collect("", field.getOptions().getExtension(Validate.rules), used);
      }
    }
    assertThat(used).hasSizeGreaterThan(50);
    assertThat(kinds().map(RuleKind::kind).collect(Collectors.toSet())).containsAll(used);
  }

  private static void collect(String prefix, Message rules, Set<String> kinds) {
    for (Map.Entry<FieldDescriptor, Object> entry : rules.getAllFields().entrySet()) {
      String name = prefix + entry.getKey().getName();
      boolean more =
          entry.getValue() instanceof Message message
              && message.getDescriptorForType().getFile().equals(Validate.getDescriptor());
      if (more) {
        collect(name + ".", (Message) entry.getValue(), kinds);
      } else {
        kinds.add(name);
      }
    }
  }

  @Test
  void everyTypeOfTheApiHasItsRulesCompiled() {
    List<Descriptor> types = EnvoyTypes.all();
    assertThat(types).hasSizeGreaterThan(1_000);
    for (Descriptor type : types) {
      assertThatCode(() -> MessageCheck.of(type)).as(type.getFullName()).doesNotThrowAnyException();
    }
  }

  @Test
  void aViolationInsideNamesTheWayToIt() throws TextFormat.ParseException {
    Message noDomains =
        message(RouteConfiguration.getDescriptor().getFullName(), "virtual_hosts { name: \"a\" }");
    assertThatThrownBy(() -> Constraints.check(noDomains))
        .hasMessage(
            "Proto constraint validation failed (RouteConfigurationValidationError.VirtualHosts[0]:"
                + " embedded message failed validation | caused by VirtualHostValidationError"
                + ".Domains: value must contain at least 1 item(s))");
    Message noAction =
        message(
            RouteConfiguration.getDescriptor().getFullName(),
            "virtual_hosts { name: \"a\" domains: \"*\" routes { match { prefix: \"/\" } } }");
    assertThatThrownBy(() -> Constraints.check(noAction))
        .hasMessageEndingWith(
            "| caused by VirtualHostValidationError.Routes[0]: embedded message failed validation |"
                + " caused by field: \"action\", reason: is required)");
  }

  @Test
  void aNegativeDurationIsNamedBeforeAnyRule() {
    Cluster cluster =
        Cluster.newBuilder().setConnectTimeout(Duration.newBuilder().setSeconds(-1)).build();
    assertThatThrownBy(() -> Constraints.check(cluster))
        .hasMessage("Invalid duration: Expected positive duration: seconds: -1");
  }

  @Test
  void aDurationWithoutARuleIsLookedAtToo() {
    HttpProtocolOptions options =
        HttpProtocolOptions.newBuilder()
            .setIdleTimeout(Duration.newBuilder().setSeconds(1).setNanos(1_000_000_000))
            .build();
    assertThatThrownBy(() -> Constraints.check(options))
        .hasMessage("Invalid duration: Duration out-of-range: seconds: 1 nanos: 1000000000");
  }

  @Test
  void whatAnAnyHoldsIsNotLookedAt() {
    Any invalid = Any.pack(Cluster.getDefaultInstance());
    Cluster cluster =
        Cluster.newBuilder()
            .setName("a")
            .setTransportSocket(TransportSocket.newBuilder().setName("x").setTypedConfig(invalid))
            .build();
    assertThatCode(() -> Constraints.check(cluster)).doesNotThrowAnyException();
  }

  @Test
  void twoHundredThousandEndpointsAreCheckedInNoTimeToSpeakOf() throws ConfigException {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (int i = 0; i < 200_000; i++) {
      SocketAddress address =
          SocketAddress.newBuilder().setAddress("10.0.0.1").setPortValue(i % 65_536).build();
      locality.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setEndpoint(
                  Endpoint.newBuilder()
                      .setAddress(Address.newBuilder().setSocketAddress(address))));
    }
    ClusterLoadAssignment assignment =
        ClusterLoadAssignment.newBuilder().setClusterName("a").addEndpoints(locality).build();
    // The processor's time, so that a busy machine does not count; a tenth of this when warm.
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadCpuTime();
    Constraints.check(assignment);
    long spent = threads.getCurrentThreadCpuTime() - before;
    assertThat(java.time.Duration.ofNanos(spent)).isLessThan(java.time.Duration.ofSeconds(2));
    ClusterLoadAssignment broken =
        assignment.toBuilder()
            .addEndpoints(
                LocalityLbEndpoints.newBuilder()
                    .addLbEndpoints(
                        LbEndpoint.newBuilder()
                            .setEndpoint(
                                Endpoint.newBuilder().setAddress(Address.getDefaultInstance()))))
            .build();
    assertThatThrownBy(() -> Constraints.check(broken))
        .hasMessageContaining("ClusterLoadAssignmentValidationError.Endpoints[1]")
        .hasMessageEndingWith("caused by field: \"address\", reason: is required)");
  }
}
