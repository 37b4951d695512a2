package io.bifocal.dataplane.admin;

import com.google.common.net.InetAddresses;
import io.bifocal.api.JsonDump;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.Listeners;
import io.envoyproxy.envoy.config.core.v3.Address;
import java.util.List;

/** {@code /listeners}: the active ones, and where they listen. */
final class ListenersPage {
  private ListenersPage() {}

  static CharSequence text(List<ListenerStatus> listeners) {
    StringBuilder out = new StringBuilder();
    for (ListenerStatus listener : listeners) {
      line(listener.getName(), listener.getLocalAddress(), out);
      listener
          .getAdditionalLocalAddressesList()
          .forEach(address -> line(listener.getName(), address, out));
    }
    return out;
  }

  private static void line(String name, Address address, StringBuilder out) {
    out.append(name).append("::").append(text(address)).append('\n');
  }

  private static String text(Address address) {
    if (!address.hasSocketAddress()) {
      return address.getPipe().getPath();
    }
    String ip = address.getSocketAddress().getAddress();
    String host =
        InetAddresses.isInetAddress(ip)
            ? InetAddresses.toUriString(InetAddresses.forString(ip))
            : ip;
    return host + ":" + address.getSocketAddress().getPortValue();
  }

  static CharSequence json(List<ListenerStatus> listeners) {
    return JsonDump.print(Listeners.newBuilder().addAllListenerStatuses(listeners).build());
  }
}
