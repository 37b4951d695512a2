package io.bifocal.dataplane.listener.match;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch.ConnectionSourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What of a connection filter chains are told apart by; in the order in which it is looked at.
 * Source: {@code envoy.config.listener.v3.FilterChainMatch}.
 */
enum Property {
  DESTINATION_PORT {
    @Override
    List<Object> wanted(FilterChainMatch match) {
      return List.of(match.hasDestinationPort() ? match.getDestinationPort().getValue() : ANY_PORT);
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      return there.first(port(connection.local()), ANY_PORT);
    }
  },
  DESTINATION_IP {
    @Override
    List<Object> wanted(FilterChainMatch match) throws ConfigException {
      return prefixes(match.getPrefixRangesList());
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      return there.longest(Prefix.bytes(connection.local()));
    }
  },
  SERVER_NAME {
    @Override
    List<Object> wanted(FilterChainMatch match) {
      List<Object> names = new ArrayList<>();
      for (String name : match.getServerNamesList()) {
        String lower = name.toLowerCase(Locale.ROOT);
        names.add(lower.startsWith("*.") ? lower.substring(1) : lower);
      }
      return names.isEmpty() ? List.of("") : names;
    }

    /** The name itself, then its domains from the longest, each with a dot before it. */
    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      String name = connection.serverName();
      if (there.has(name)) {
        return name;
      }
      for (int dot = name.indexOf('.', 1);
          dot >= 0 && dot < name.length() - 1;
          dot = name.indexOf('.', dot + 1)) {
        String domain = name.substring(dot);
        if (there.has(domain)) {
          return domain;
        }
      }
      return there.has("") ? "" : null;
    }
  },
  TRANSPORT_PROTOCOL {
    @Override
    List<Object> wanted(FilterChainMatch match) {
      return List.of(match.getTransportProtocol());
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      return there.first(connection.transportProtocol(), "");
    }
  },
  APPLICATION_PROTOCOL {
    @Override
    List<Object> wanted(FilterChainMatch match) {
      return match.getApplicationProtocolsCount() == 0
          ? List.of("")
          : List.copyOf(match.getApplicationProtocolsList());
    }

    /** The first that any chain wants. */
    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      for (String protocol : connection.applicationProtocols()) {
        if (there.has(protocol)) {
          return protocol;
        }
      }
      return there.has("") ? "" : null;
    }
  },
  DIRECT_SOURCE_IP {
    @Override
    List<Object> wanted(FilterChainMatch match) throws ConfigException {
      return prefixes(match.getDirectSourcePrefixRangesList());
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      return there.longest(Prefix.bytes(connection.directRemote()));
    }
  },
  SOURCE_TYPE {
    @Override
    List<Object> wanted(FilterChainMatch match) {
      return List.of(match.getSourceType());
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      if (there.only(ConnectionSourceType.ANY)) {
        return ConnectionSourceType.ANY;
      }
      return there.first(
          connection.fromHere()
              ? ConnectionSourceType.SAME_IP_OR_LOOPBACK
              : ConnectionSourceType.EXTERNAL,
          ConnectionSourceType.ANY);
    }
  },
  SOURCE_IP {
    @Override
    List<Object> wanted(FilterChainMatch match) throws ConfigException {
      return prefixes(match.getSourcePrefixRangesList());
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      return there.longest(Prefix.bytes(connection.remote()));
    }
  },
  SOURCE_PORT {
    @Override
    List<Object> wanted(FilterChainMatch match) {
      return match.getSourcePortsCount() == 0
          ? List.of(ANY_PORT)
          : List.copyOf(match.getSourcePortsList());
    }

    @Override
    @Nullable Object pick(Keys there, AcceptedConnection connection) {
      return there.first(port(connection.remote()), ANY_PORT);
    }
  };

  private static final Integer ANY_PORT = 0;

  /** The values of one property for which there are chains. */
  interface Keys {
    boolean has(Object key);

    /** Whether it is the only one. */
    boolean only(Object key);

    /** The longest range that holds an address. */
    @Nullable Object longest(byte[] address);

    /** The one, or else the other, or else none. */
    default @Nullable Object first(Object one, Object other) {
      if (has(one)) {
        return one;
      }
      return has(other) ? other : null;
    }
  }

  /** The values that a chain takes; one that stands for all where it does not say. */
  abstract List<Object> wanted(FilterChainMatch match) throws ConfigException;

  /** The most specific value that a connection has; null where no chain is for it. */
  abstract @Nullable Object pick(Keys there, AcceptedConnection connection);

  private static List<Object> prefixes(List<CidrRange> ranges) throws ConfigException {
    if (ranges.isEmpty()) {
      return List.of(Prefix.ANY_V4, Prefix.ANY_V6);
    }
    List<Object> prefixes = new ArrayList<>();
    for (CidrRange range : ranges) {
      prefixes.add(Prefix.of(range));
    }
    return prefixes;
  }

  private static Integer port(Address address) {
    return address instanceof Address.Ip ip ? ip.port() : ANY_PORT;
  }
}
