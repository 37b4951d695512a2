package io.bifocal.api.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UnknownFieldSet;
import io.bifocal.api.UnknownFields;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WireCheckTest {
  private static final SocketAddress SOCKET =
      SocketAddress.newBuilder().setAddress("10.0.0.1").setPortValue(8080).build();
  private static final LbEndpoint ENDPOINT = endpoint(SOCKET);
  private static final ClusterLoadAssignment ASSIGNMENT =
      ClusterLoadAssignment.newBuilder()
          .setClusterName("a")
          .addEndpoints(
              LocalityLbEndpoints.newBuilder()
                  .setLocality(Locality.newBuilder().setRegion("r"))
                  .setLoadBalancingWeight(UInt32Value.of(1))
                  .addLbEndpoints(ENDPOINT))
          .build();
  private static final Cluster CLUSTER =
      Cluster.newBuilder()
          .setName("a")
          .setConnectTimeout(Duration.newBuilder().setSeconds(5))
          .setTransportSocket(
              TransportSocket.newBuilder()
                  .setName("tls")
                  .setTypedConfig(Any.pack(UpstreamTlsContext.getDefaultInstance())))
          .build();

  private static LbEndpoint endpoint(SocketAddress address) {
    return LbEndpoint.newBuilder()
        .setEndpoint(
            Endpoint.newBuilder().setAddress(Address.newBuilder().setSocketAddress(address)))
        .setHealthStatus(HealthStatus.HEALTHY)
        .setLoadBalancingWeight(UInt32Value.of(1))
        .build();
  }

  private static boolean passes(Message message) {
    return WireCheck.passes(message.getDescriptorForType(), message.toByteString());
  }

  private static ClusterLoadAssignment with(LbEndpoint endpoint) {
    ClusterLoadAssignment.Builder assignment = ASSIGNMENT.toBuilder();
    assignment.getEndpointsBuilder(0).setLbEndpoints(0, endpoint);
    return assignment.build();
  }

  @Test
  void whatIsUsualPasses() {
    assertThat(passes(ASSIGNMENT)).isTrue();
    assertThat(passes(CLUSTER)).isTrue();
  }

  @Test
  void brokenRulesAreSeen() {
    assertThat(passes(ASSIGNMENT.toBuilder().clearClusterName().build())).isFalse();
    assertThat(passes(with(endpoint(SOCKET.toBuilder().setPortValue(65_536).build())))).isFalse();
    assertThat(passes(with(endpoint(SOCKET.toBuilder().clearAddress().build())))).isFalse();
    assertThat(passes(with(endpoint(SOCKET.toBuilder().clearPortSpecifier().build())))).isFalse();
    assertThat(passes(CLUSTER.toBuilder().setLbPolicyValue(77).build())).isFalse();
    assertThat(passes(with(ENDPOINT.toBuilder().setLoadBalancingWeight(UInt32Value.of(0)).build())))
        .isFalse();
    assertThat(
            passes(
                CLUSTER.toBuilder()
                    .setConnectTimeout(Duration.newBuilder().setSeconds(-1))
                    .build()))
        .isFalse();
  }

  @Test
  void fieldsThatAreNotKnownAreSeen() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(900, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    assertThat(passes(ASSIGNMENT.toBuilder().setUnknownFields(unknown).build())).isFalse();
    assertThat(passes(with(ENDPOINT.toBuilder().setUnknownFields(unknown).build()))).isFalse();
    Cluster.Builder cluster = CLUSTER.toBuilder();
    cluster
        .getTransportSocketBuilder()
        .setTypedConfig(
            Any.pack(UpstreamTlsContext.newBuilder().setUnknownFields(unknown).build()));
    assertThat(passes(cluster.build())).isFalse();
  }

  @Test
  void whatIsMergedByAParserIsLeftToIt() {
    ByteString half = Cluster.newBuilder().setName("a").build().toByteString();
    ByteString timeout = CLUSTER.toBuilder().clearTransportSocket().build().toByteString();
    assertThat(WireCheck.passes(Cluster.getDescriptor(), half.concat(half))).isTrue();
    assertThat(WireCheck.passes(Cluster.getDescriptor(), timeout.concat(timeout))).isFalse();
  }

  @Test
  void brokenBytesDoNotPass() {
    ByteString bytes = ASSIGNMENT.toByteString();
    assertThat(
            WireCheck.passes(
                ASSIGNMENT.getDescriptorForType(), bytes.substring(0, bytes.size() - 1)))
        .isFalse();
  }

  static List<Message> types() {
    return List.of(
        Cluster.getDefaultInstance(),
        ClusterLoadAssignment.getDefaultInstance(),
        RouteConfiguration.getDefaultInstance(),
        Listener.getDefaultInstance(),
        HttpConnectionManager.getDefaultInstance(),
        Secret.getDefaultInstance());
  }

  /** It may doubt what is good; it must not pass what is not. */
  @ParameterizedTest
  @MethodSource("types")
  void whatPassesKeepsAllRules(Message prototype) throws InvalidProtocolBufferException {
    Random random = new Random(1);
    int passed = 0;
    for (int i = 0; i < 3_000; i++) {
      Message message = random(prototype, random, 0);
      if (passes(message)) {
        passed++;
        assertThat(MessageCheck.of(message.getDescriptorForType()).violation(message))
            .describedAs("%s", message)
            .isNull();
        assertThat(UnknownFields.in(message)).describedAs("%s", message).isEmpty();
      }
    }
    assertThat(passed).isPositive();
  }

  private static Message random(Message prototype, Random random, int depth) {
    Message.Builder message = prototype.newBuilderForType();
    List<FieldDescriptor> fields = prototype.getDescriptorForType().getFields();
    for (FieldDescriptor field : fields) {
      if (random.nextInt(fields.size()) >= 2) {
        continue;
      }
      if (field.getJavaType() != JavaType.MESSAGE) {
        set(message, field, scalar(field, random), random);
      } else if (depth < 6) {
        Message inner = message.newBuilderForField(field).getDefaultInstanceForType();
        set(message, field, random(inner, random, depth + 1), random);
      }
    }
    if (random.nextInt(200) == 0) {
      message.setUnknownFields(
          UnknownFieldSet.newBuilder()
              .addField(901, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
              .build());
    }
    return message.build();
  }

  private static void set(
      Message.Builder message, FieldDescriptor field, Object value, Random random) {
    if (field.isRepeated()) {
      for (int i = random.nextInt(3); i > 0; i--) {
        message.addRepeatedField(field, value);
      }
    } else {
      message.setField(field, value);
    }
  }

  private static Object scalar(FieldDescriptor field, Random random) {
    return switch (field.getJavaType()) {
      case INT -> random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(200);
      case LONG -> random.nextInt(4) == 0 ? random.nextLong() : (long) random.nextInt(200);
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextDouble() * 200;
      case BOOLEAN -> random.nextBoolean();
      case STRING -> random.nextInt(4) == 0 ? "" : "a".repeat(1 + random.nextInt(3));
      case BYTE_STRING -> ByteString.copyFromUtf8("a".repeat(random.nextInt(3)));
      case ENUM -> enumerated(field.getEnumType(), random);
      case MESSAGE -> throw new IllegalArgumentException(field.getFullName());
    };
  }

  private static Object enumerated(EnumDescriptor type, Random random) {
    return random.nextInt(8) == 0
        ? type.findValueByNumberCreatingIfUnknown(1_000)
        : type.getValues().get(random.nextInt(type.getValues().size()));
  }
}
