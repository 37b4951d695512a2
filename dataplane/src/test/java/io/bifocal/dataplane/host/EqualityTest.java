package io.bifocal.dataplane.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Records that spell their equality out look at every component: an update that changes only one
 * must not be taken for none.
 */
class EqualityTest {
  private static final Address HERE = Address.of(new InetSocketAddress("10.0.0.1", 80));
  private static final Address THERE = Address.of(new InetSocketAddress("10.0.0.2", 80));
  private static final StatsStore STATS = new StatsStore(1);

  /** Two values of each type, and a third way to write the first. */
  private static final Map<Class<?>, List<Object>> VALUES =
      Map.of(
          String.class,
          List.of("a", "b"),
          int.class,
          List.of(1, 2),
          boolean.class,
          List.of(false, true),
          Address.class,
          List.of(HERE, THERE),
          List.class,
          List.of(List.of(HERE), List.of(THERE)),
          AddressList.Completeness.class,
          List.of(AddressList.Completeness.COMPLETE, AddressList.Completeness.MORE_TO_COME),
          HealthStatus.class,
          List.of(HealthStatus.HEALTHY, HealthStatus.DRAINING),
          Metadata.class,
          List.of(
              Metadata.getDefaultInstance(),
              Metadata.newBuilder().putFilterMetadata("a", Struct.getDefaultInstance()).build()),
          HostState.class,
          List.of(state(HERE), state(THERE)));

  private static HostState state(Address address) {
    return new HostState(address, STATS.root());
  }

  private static List<Object> values(Class<?> type) throws ReflectiveOperationException {
    List<Object> known = VALUES.get(type);
    if (known != null) {
      return known;
    }
    List<Object> made = new ArrayList<>();
    for (int which = 0; which < 2; which++) {
      Object[] arguments = first(type);
      arguments[0] = values(type.getRecordComponents()[0].getType()).get(which);
      made.add(make(type, arguments));
    }
    return made;
  }

  private static Object[] first(Class<?> record) throws ReflectiveOperationException {
    RecordComponent[] components = record.getRecordComponents();
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      arguments[i] = values(components[i].getType()).get(0);
    }
    return arguments;
  }

  private static Object make(Class<?> record, Object[] arguments)
      throws ReflectiveOperationException {
    Class<?>[] types =
        Arrays.stream(record.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    Constructor<?> constructor = record.getDeclaredConstructor(types);
    return constructor.newInstance(arguments);
  }

  @ParameterizedTest
  @ValueSource(classes = {Host.class, AddressList.class, HealthCheckTarget.class, Locality.class})
  void everyComponentCounts(Class<?> record) throws ReflectiveOperationException {
    Object one = make(record, first(record));
    assertThat(make(record, first(record))).isEqualTo(one).hasSameHashCodeAs(one);
    RecordComponent[] components = record.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      Object[] arguments = first(record);
      arguments[i] = values(components[i].getType()).get(1);
      assertThat(make(record, arguments))
          .as("another %s", components[i].getName())
          .isNotEqualTo(one);
    }
  }
}
