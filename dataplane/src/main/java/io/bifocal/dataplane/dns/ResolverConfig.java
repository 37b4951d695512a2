package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** How names are resolved: Envoy's {@code typed_dns_resolver_config}. */
public sealed interface ResolverConfig {
  /** What holds when nothing is said: the servers of resolv.conf. */
  Client DEFAULT = new Client(List.of(), Set.of(), Duration.ofSeconds(5), 4);

  /**
   * Servers are asked by a client of our own: {@code CaresDnsResolverConfig}.
   *
   * @param servers whom to ask; none for those of resolv.conf
   * @param timeout of the first question to each server; each further round takes twice as long
   * @param tries how often each server is asked
   */
  record Client(List<Address.Ip> servers, Set<Option> options, Duration timeout, int tries)
      implements ResolverConfig {
    public Client {
      servers = List.copyOf(servers);
      options = Set.copyOf(options);
    }
  }

  /** What else a client does. */
  enum Option {
    /** {@code servers} are asked only if resolv.conf names none. */
    FALLBACK,
    /** TCP is used from the start. */
    OVER_TCP,
    /** Names are taken as they are, without the search list. */
    NO_SEARCH,
    /** A family is left out for which no interface has an address but loopback. */
    ONLY_ROUTABLE,
    /** Each look-up begins at any server. */
    ROTATE
  }

  /**
   * The system's resolver is asked: {@code GetAddrInfoDnsResolverConfig}.
   *
   * @param retries after temporary failures
   */
  record GetAddrInfo(OptionalInt retries) implements ResolverConfig {}
}
