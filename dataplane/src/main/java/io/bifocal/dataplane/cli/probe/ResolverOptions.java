package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Whom to ask for the addresses of names. */
final class ResolverOptions {
  private static final int DNS_PORT = 53;

  /** A cluster has more patience than somebody before a terminal. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final int TRIES = 2;

  @Option(
      names = "--resolver",
      paramLabel = "IP[:PORT]",
      description = "ask this DNS server; may be repeated; default those of /etc/resolv.conf")
  List<String> resolvers = new ArrayList<>();

  ResolverConfig config(List<Target> targets) throws BadUsage {
    if (!resolvers.isEmpty() && targets.stream().noneMatch(t -> t.given().isEmpty())) {
      throw new BadUsage("--resolver needs a target that is a name to be looked up");
    }
    List<Address.Ip> servers = new ArrayList<>();
    for (String text : resolvers) {
      servers.add(Target.address("--resolver", text, DNS_PORT));
    }
    return new ResolverConfig.Client(servers, Set.of(), TIMEOUT, TRIES);
  }
}
