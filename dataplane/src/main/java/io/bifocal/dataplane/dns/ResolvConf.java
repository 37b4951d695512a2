package io.bifocal.dataplane.dns;

import io.bifocal.api.IpLiterals;
import io.bifocal.dataplane.host.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What of resolv.conf(5) is obeyed: the servers, the search list and {@code ndots}. Timeouts, tries
 * and rotation are the resolver's own settings, as with Envoy's.
 */
record ResolvConf(List<Address.Ip> servers, List<String> search, int ndots) {
  static final int DNS_PORT = 53;
  static final ResolvConf NONE = new ResolvConf(List.of(), List.of(), 1);

  private static final Pattern SPACES = Pattern.compile("\\s+");
  private static final Pattern COMMENT = Pattern.compile("[#;].*");
  private static final Pattern NDOTS = Pattern.compile("ndots:(\\d{1,4})");
  private static final int MAX_NDOTS = 15;

  /** Reads; what is not understood is passed over, as by everybody who reads this file. */
  static ResolvConf parse(List<String> lines) {
    List<Address.Ip> servers = new ArrayList<>();
    List<String> search = List.of();
    int ndots = NONE.ndots;
    for (String line : lines) {
      List<String> words = List.of(SPACES.split(COMMENT.matcher(line).replaceFirst("").strip()));
      List<String> values = words.subList(1, words.size());
      switch (words.get(0)) {
        case "nameserver" -> values.stream().limit(1).forEach(text -> add(servers, text));
        case "domain", "search" -> search = values.stream().map(DomainName::withoutRoot).toList();
        case "options" -> ndots = ndots(values, ndots);
        default -> {}
      }
    }
    return new ResolvConf(List.copyOf(servers), search, ndots);
  }

  private static void add(List<Address.Ip> servers, String text) {
    IpLiterals.find(text).ifPresent(ip -> servers.add(new Address.Ip(ip, DNS_PORT)));
  }

  private static int ndots(List<String> options, int otherwise) {
    return options.stream()
        .map(NDOTS::matcher)
        .filter(m -> m.matches())
        .map(m -> Math.min(Integer.parseInt(m.group(1)), MAX_NDOTS))
        .reduce(otherwise, (first, last) -> last);
  }

  /**
   * What a name may stand for, in the order in which it is tried: itself first if it has {@code
   * ndots} dots, last otherwise; itself alone if it ends in a dot.
   */
  List<String> candidates(String name) {
    if (name.endsWith(".")) {
      return List.of(DomainName.withoutRoot(name));
    }
    List<String> candidates = new ArrayList<>();
    search.forEach(domain -> candidates.add(domain.isEmpty() ? name : name + "." + domain));
    boolean first = name.chars().filter(c -> c == '.').count() >= ndots;
    candidates.remove(name);
    candidates.add(first ? 0 : candidates.size(), name);
    return List.copyOf(candidates);
  }
}
