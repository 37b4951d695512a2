package io.bifocal.dataplane.format;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is told of upstream hosts. */
final class HostText {
  private HostText() {}

  static String address(Host host) {
    return host.primary().text();
  }

  /** The name it was resolved from; without one, its address. */
  static String name(Host host) {
    return host.hostname().isEmpty() ? address(host) : host.hostname();
  }

  /** Its name; without one, its address without the port. */
  static String nameWithoutPort(Host host) {
    return host.hostname().isEmpty() && host.primary() instanceof Address.Ip ip
        ? InetAddresses.toAddrString(ip.ip())
        : name(host);
  }

  static String addressWithoutPort(Host host) {
    return host.primary() instanceof Address.Ip ip
        ? InetAddresses.toAddrString(ip.ip())
        : address(host);
  }

  /** The host of now, or null. */
  static @Nullable String ofCurrent(StreamInfo stream, Function<Host, String> text) {
    return stream.upstreamHost == null ? null : text.apply(stream.upstreamHost);
  }

  /** As Envoy: of a request the one that it was connected to last, of a TCP connection all. */
  static String ofAttempted(StreamInfo stream, Function<Host, String> text) {
    Stream<Host> connected =
        stream.upstreamRemote == null ? Stream.empty() : Stream.ofNullable(stream.upstreamHost);
    return Stream.concat(stream.failedHosts.stream(), connected)
        .map(text)
        .collect(Collectors.joining(","));
  }
}
