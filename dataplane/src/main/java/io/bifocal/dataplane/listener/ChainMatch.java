package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which connections a filter chain takes. As in Envoy, the properties are looked at one after the
 * other, the most specific value of each decides, and there is no way back.
 */
final class ChainMatch {
  private static final int NO = -1;

  private final FilterChainMatch proto;
  private final List<Range> destinations;
  private final List<Range> sources;

  private record Range(InetAddress base, int bits) {
    boolean holds(InetAddress ip) {
      byte[] a = base.getAddress();
      byte[] b = ip.getAddress();
      if (a.length != b.length) {
        return false;
      }
      int whole = bits / 8;
      int rest = bits % 8;
      return IntStream.range(0, whole).allMatch(i -> a[i] == b[i])
          && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
    }
  }

  private ChainMatch(FilterChainMatch proto, List<Range> destinations, List<Range> sources) {
    this.proto = proto;
    this.destinations = destinations;
    this.sources = sources;
  }

  static ChainMatch parse(FilterChainMatch proto, String path) throws ConfigException {
    ListenerFields.MATCH.check(proto, path);
    if (!proto.getTransportProtocol().isEmpty()
        && !proto.getTransportProtocol().equals("raw_buffer")) {
      throw new ConfigException(
          path + ".transport_protocol: '" + proto.getTransportProtocol() + "' is not supported");
    }
    return new ChainMatch(
        proto,
        ranges(proto.getPrefixRangesList(), path + ".prefix_ranges"),
        ranges(proto.getSourcePrefixRangesList(), path + ".source_prefix_ranges"));
  }

  private static List<Range> ranges(List<CidrRange> protos, String path) throws ConfigException {
    List<Range> ranges = new ArrayList<>();
    for (CidrRange proto : protos) {
      InetAddress base = IpLiterals.parse(proto.getAddressPrefix());
      int bits = proto.getPrefixLen().getValue();
      if (bits < 0 || bits > base.getAddress().length * 8) {
        throw new ConfigException(path + ": '" + proto.getAddressPrefix() + "/" + bits + "'");
      }
      ranges.add(new Range(base, bits));
    }
    return ranges;
  }

  FilterChainMatch proto() {
    return proto;
  }

  /** The chain for a connection, or null when none takes it. */
  static @Nullable ConnectionChain select(
      List<ConnectionChain> chains, Address local, Address remote) {
    List<ConnectionChain> left = chains;
    if (left.size() == 1 && left.get(0).match().isEmpty()) {
      return left.get(0);
    }
    left = best(left, m -> m.port(local));
    left = best(left, m -> within(m.destinations, local));
    left = best(left, m -> m.proto.getTransportProtocol().isEmpty() ? 0 : 1);
    left = best(left, m -> within(m.sources, remote));
    left = best(left, m -> m.sourcePort(remote));
    return left.isEmpty() ? null : left.get(0);
  }

  private boolean isEmpty() {
    return proto.getSerializedSize() == 0;
  }

  private static List<ConnectionChain> best(
      List<ConnectionChain> chains, ToIntFunction<ChainMatch> specificity) {
    int most = chains.stream().mapToInt(c -> specificity.applyAsInt(c.match())).max().orElse(NO);
    return most == NO
        ? List.of()
        : chains.stream().filter(c -> specificity.applyAsInt(c.match()) == most).toList();
  }

  private int port(Address local) {
    if (!proto.hasDestinationPort()) {
      return 0;
    }
    return local instanceof Address.Ip ip && ip.port() == proto.getDestinationPort().getValue()
        ? 1
        : NO;
  }

  private int sourcePort(Address remote) {
    if (proto.getSourcePortsCount() == 0) {
      return 0;
    }
    return remote instanceof Address.Ip ip && proto.getSourcePortsList().contains(ip.port())
        ? 1
        : NO;
  }

  /** One more than the longest prefix that holds the address; 0 when any will do. */
  private static int within(List<Range> ranges, Address address) {
    if (ranges.isEmpty()) {
      return 0;
    }
    return address instanceof Address.Ip ip
        ? ranges.stream().filter(r -> r.holds(ip.ip())).mapToInt(r -> r.bits + 1).max().orElse(NO)
        : NO;
  }
}
