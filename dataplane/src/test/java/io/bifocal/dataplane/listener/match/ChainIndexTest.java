package io.bifocal.dataplane.listener.match;

import static io.bifocal.dataplane.listener.filter.Accepted.ip;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.listener.filter.Accepted;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch.ConnectionSourceType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChainIndexTest {
  private static final int ROUNDS = 400;
  private static final int NO = -1;

  private static final List<String> NAMES =
      List.of("", "a.example", "b.a.example", "example", "c.example", "x");
  private static final List<String> WANTED_NAMES =
      List.of("a.example", "*.a.example", "*.example", "b.a.example", "X");
  private static final List<String> PROTOCOLS = List.of("h2", "http/1.1", "foo");
  private static final List<String> IPS =
      List.of("10.0.0.1", "10.0.0.2", "10.1.0.1", "192.168.0.1", "127.0.0.1", "::1", "fd00::1");
  private static final List<String> RANGES =
      List.of("10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32", "0.0.0.0/0", "fd00::/16", "::/0");

  private static AcceptedConnection any(Random chance) {
    Address direct = ip(one(IPS, chance), 1 + chance.nextInt(3));
    List<String> protocols = new ArrayList<>(PROTOCOLS);
    java.util.Collections.shuffle(protocols, chance);
    return Accepted.connection(
        ip(one(IPS, chance), 80 + chance.nextInt(3)),
        direct,
        chance.nextBoolean() ? direct : ip(one(IPS, chance), 1 + chance.nextInt(3)),
        chance.nextBoolean() ? "tls" : "raw_buffer",
        one(NAMES, chance),
        protocols.subList(0, chance.nextInt(3)));
  }

  private static FilterChainMatch anyMatch(Random chance) {
    FilterChainMatch.Builder match = FilterChainMatch.newBuilder();
    if (chance.nextInt(4) == 0) {
      match.setDestinationPort(UInt32Value.of(80 + chance.nextInt(3)));
    }
    if (chance.nextInt(3) == 0) {
      match.addPrefixRanges(range(one(RANGES, chance)));
    }
    if (chance.nextInt(3) == 0) {
      match.addServerNames(one(WANTED_NAMES, chance));
    }
    if (chance.nextInt(4) == 0) {
      match.setTransportProtocol(chance.nextBoolean() ? "tls" : "raw_buffer");
    }
    if (chance.nextInt(4) == 0) {
      match.addApplicationProtocols(one(PROTOCOLS, chance));
    }
    if (chance.nextInt(4) == 0) {
      match.addDirectSourcePrefixRanges(range(one(RANGES, chance)));
    }
    if (chance.nextInt(4) == 0) {
      match.setSourceType(ConnectionSourceType.forNumber(chance.nextInt(3)));
    }
    if (chance.nextInt(4) == 0) {
      match.addSourcePrefixRanges(range(one(RANGES, chance)));
    }
    if (chance.nextInt(4) == 0) {
      match.addSourcePorts(1 + chance.nextInt(3));
    }
    return match.build();
  }

  private static String one(List<String> of, Random chance) {
    return of.get(chance.nextInt(of.size()));
  }

  private static CidrRange range(String text) {
    int slash = text.indexOf('/');
    return CidrRange.newBuilder()
        .setAddressPrefix(text.substring(0, slash))
        .setPrefixLen(UInt32Value.of(Integer.parseInt(text.substring(slash + 1))))
        .build();
  }

  @Test
  void itChoosesAsSomebodyDoesWhoLooksAtAllOfThem() throws ConfigException {
    Random chance = new Random(6);
    int found = 0;
    for (int round = 0; round < ROUNDS; round++) {
      ChainIndex<FilterChainMatch> index = new ChainIndex<>();
      Map<FilterChainMatch, Integer> chains = new LinkedHashMap<>();
      int wanted = 1 + chance.nextInt(20);
      for (int i = 0; i < wanted; i++) {
        FilterChainMatch match = anyMatch(chance);
        ChainIndex<FilterChainMatch> trial = new ChainIndex<>();
        boolean fits = true;
        for (FilterChainMatch known : chains.keySet()) {
          fits &= trial.add(known, known);
        }
        if (fits && trial.add(match, match)) {
          index = trial;
          chains.put(match, i);
        }
      }
      for (int i = 0; i < 50; i++) {
        AcceptedConnection connection = any(chance);
        FilterChainMatch expected = naive(List.copyOf(chains.keySet()), connection);
        assertThat(index.find(connection)).isEqualTo(expected);
        found += expected == null ? 0 : 1;
      }
    }
    assertThat(found).as("connections that some chain took").isGreaterThan(ROUNDS);
  }

  // ---- Envoy's documentation of filter_chain_match, word for word: one property after the other,
  // the most specific value among the chains that are left decides, and there is no way back.

  private static @Nullable FilterChainMatch naive(
      List<FilterChainMatch> chains, AcceptedConnection c) {
    List<FilterChainMatch> left = chains;
    left = best(left, m -> port(m, c));
    left = best(left, m -> within(m.getPrefixRangesList(), c.local()));
    left = best(left, m -> serverName(m, c.serverName()));
    left = best(left, m -> text(m.getTransportProtocol(), c.transportProtocol()));
    left = best(left, m -> protocol(m, c.applicationProtocols()));
    left = best(left, m -> within(m.getDirectSourcePrefixRangesList(), c.directRemote()));
    left = best(left, m -> type(m, c));
    left = best(left, m -> within(m.getSourcePrefixRangesList(), c.remote()));
    left = best(left, m -> sourcePort(m, c));
    return left.isEmpty() ? null : left.get(0);
  }

  private static List<FilterChainMatch> best(
      List<FilterChainMatch> chains, ToIntFunction<FilterChainMatch> specificity) {
    int most = chains.stream().mapToInt(specificity).max().orElse(NO);
    return most == NO
        ? List.of()
        : chains.stream().filter(c -> specificity.applyAsInt(c) == most).toList();
  }

  private static int port(FilterChainMatch m, AcceptedConnection c) {
    if (!m.hasDestinationPort()) {
      return 0;
    }
    return ((Address.Ip) c.local()).port() == m.getDestinationPort().getValue() ? 1 : NO;
  }

  private static int sourcePort(FilterChainMatch m, AcceptedConnection c) {
    if (m.getSourcePortsCount() == 0) {
      return 0;
    }
    return m.getSourcePortsList().contains(((Address.Ip) c.remote()).port()) ? 1 : NO;
  }

  private static int text(String wanted, String is) {
    return wanted.isEmpty() ? 0 : wanted.equals(is) ? 1 : NO;
  }

  private static int serverName(FilterChainMatch m, String name) {
    if (m.getServerNamesCount() == 0) {
      return 0;
    }
    String wanted = m.getServerNames(0).toLowerCase(java.util.Locale.ROOT);
    if (wanted.startsWith("*")) {
      return name.endsWith(wanted.substring(1)) ? wanted.length() : NO;
    }
    return wanted.equals(name) ? 1000 : NO;
  }

  private static int protocol(FilterChainMatch m, List<String> offered) {
    if (m.getApplicationProtocolsCount() == 0) {
      return 0;
    }
    int at = offered.indexOf(m.getApplicationProtocols(0));
    return at < 0 ? NO : 1000 - at;
  }

  private static int type(FilterChainMatch m, AcceptedConnection c) {
    return switch (m.getSourceType()) {
      case SAME_IP_OR_LOOPBACK -> c.fromHere() ? 1 : NO;
      case EXTERNAL -> c.fromHere() ? NO : 1;
      default -> 0;
    };
  }

  /** One more than the length of the range; a chain without one takes all of either version. */
  private static int within(List<CidrRange> ranges, Address address) {
    if (ranges.isEmpty()) {
      return 1;
    }
    byte[] base = InetAddresses.forString(ranges.get(0).getAddressPrefix()).getAddress();
    byte[] is = ((Address.Ip) address).ip().getAddress();
    int bits = ranges.get(0).getPrefixLen().getValue();
    if (base.length != is.length) {
      return NO;
    }
    int rest = base.length * 8 - bits;
    return new BigInteger(1, base).shiftRight(rest).equals(new BigInteger(1, is).shiftRight(rest))
        ? 1 + bits
        : NO;
  }

  @Test
  void aPipeMatchesWhatAsksForNoAddress() throws ConfigException {
    ChainIndex<String> index = new ChainIndex<>();
    index.add(FilterChainMatch.newBuilder().setDestinationPort(UInt32Value.of(80)).build(), "port");
    index.add(FilterChainMatch.getDefaultInstance(), "any");
    AcceptedConnection pipe = Accepted.connection(new Address.Pipe("/run/a"), new Address.Pipe(""));
    assertThat(index.find(pipe)).isEqualTo("any");
    assertThat(pipe.fromHere()).isTrue();
  }

  @Test
  void whatTwoChainsWantIsRefused() throws ConfigException {
    ChainIndex<String> index = new ChainIndex<>();
    FilterChainMatch one =
        FilterChainMatch.newBuilder().addServerNames("a").addServerNames("b").build();
    FilterChainMatch other =
        FilterChainMatch.newBuilder().addServerNames("c").addServerNames("B").build();
    assertThat(index.add(one, "one")).isTrue();
    assertThat(index.add(other, "other")).isFalse();
  }
}
