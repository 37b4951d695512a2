package io.bifocal.dataplane.listener;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import io.bifocal.dataplane.host.Address;
import io.bifocal.xds.ResourceStatus;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump.DynamicListener;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump.DynamicListenerState;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Listeners as {@code /config_dump} and {@code /listeners} show them. */
final class ListenerDump {
  private ListenerDump() {}

  static ListenersConfigDump dump(
      String version,
      Collection<ListenerEntry> entries,
      List<Drains.Draining> draining,
      List<ResourceStatus> statuses) {
    ListenersConfigDump.Builder dump = ListenersConfigDump.newBuilder().setVersionInfo(version);
    Map<String, DynamicListener.Builder> dynamic = new LinkedHashMap<>();
    for (ListenerEntry entry : entries) {
      if (entry.fromBootstrap) {
        entry.versions().forEach(v -> dump.addStaticListeners(ofBootstrap(v)));
        continue;
      }
      DynamicListener.Builder listener = named(dynamic, entry.name);
      if (entry.active != null) {
        listener.setActiveState(state(entry.active));
      }
      if (entry.warming != null) {
        listener.setWarmingState(state(entry.warming.version()));
      }
    }
    draining.stream()
        .filter(d -> d.wholeListener() && !d.version().info().isEmpty())
        .forEach(
            d -> named(dynamic, d.version().config().name()).setDrainingState(state(d.version())));
    statuses.forEach(status -> show(status, dynamic));
    dynamic.values().forEach(dump::addDynamicListeners);
    return dump.build();
  }

  // One that never was, and is not refused, or what concerns all of them, has no place there.
  private static void show(ResourceStatus status, Map<String, DynamicListener.Builder> dynamic) {
    boolean refused = status.status() == ResourceStatus.Status.NACKED && !status.name().isEmpty();
    if (refused || dynamic.containsKey(status.name())) {
      DynamicListener.Builder listener =
          named(dynamic, status.name()).setClientStatus(status.clientStatus());
      status.errorState().ifPresent(listener::setErrorState);
    }
  }

  private static DynamicListener.Builder named(
      Map<String, DynamicListener.Builder> dynamic, String name) {
    return dynamic.computeIfAbsent(name, n -> DynamicListener.newBuilder().setName(n));
  }

  private static ListenersConfigDump.StaticListener ofBootstrap(ListenerVersion version) {
    return ListenersConfigDump.StaticListener.newBuilder()
        .setListener(Any.pack(version.config().proto()))
        .setLastUpdated(version.lastUpdated())
        .build();
  }

  private static DynamicListenerState state(ListenerVersion version) {
    return DynamicListenerState.newBuilder()
        .setVersionInfo(version.info())
        .setListener(Any.pack(version.config().proto()))
        .setLastUpdated(version.lastUpdated())
        .build();
  }

  static ListenerStatus status(ListenerVersion version) {
    List<Address> addresses =
        version.config().binds()
            ? version.sockets().stream().map(ListenSocket::localAddress).toList()
            : version.config().addresses().stream().map(BindAddress::address).toList();
    ListenerStatus.Builder status =
        ListenerStatus.newBuilder()
            .setName(version.config().name())
            .setLocalAddress(proto(addresses.get(0)));
    addresses.stream().skip(1).forEach(a -> status.addAdditionalLocalAddresses(proto(a)));
    return status.build();
  }

  private static io.envoyproxy.envoy.config.core.v3.Address proto(Address address) {
    var proto = io.envoyproxy.envoy.config.core.v3.Address.newBuilder();
    if (address instanceof Address.Ip ip) {
      return proto
          .setSocketAddress(
              SocketAddress.newBuilder()
                  .setAddress(InetAddresses.toAddrString(ip.ip()))
                  .setPortValue(ip.port()))
          .build();
    }
    return proto.setPipe(Pipe.newBuilder().setPath(address.text())).build();
  }
}
