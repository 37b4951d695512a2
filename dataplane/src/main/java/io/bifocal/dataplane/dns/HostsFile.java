package io.bifocal.dataplane.dns;

import io.bifocal.api.IpLiterals;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What hosts(5) says: names and aliases with all their addresses, in the order of the file. */
record HostsFile(Map<String, List<InetAddress>> byName) {
  static final HostsFile NONE = new HostsFile(Map.of());

  private static final Pattern SPACES = Pattern.compile("\\s+");
  private static final Pattern COMMENT = Pattern.compile("#.*");

  /** Reads; lines that do not begin with an address are passed over. */
  static HostsFile parse(List<String> lines) {
    Map<String, List<InetAddress>> byName = new HashMap<>();
    for (String line : lines) {
      List<String> words = List.of(SPACES.split(COMMENT.matcher(line).replaceFirst("").strip()));
      List<String> names = words.subList(1, words.size());
      IpLiterals.find(words.get(0)).ifPresent(ip -> names.forEach(name -> add(byName, name, ip)));
    }
    return new HostsFile(byName);
  }

  private static void add(Map<String, List<InetAddress>> byName, String name, InetAddress ip) {
    byName.computeIfAbsent(DomainName.key(name), n -> new ArrayList<>()).add(ip);
  }

  List<InetAddress> addresses(String name) {
    return byName.getOrDefault(DomainName.key(name), List.of());
  }
}
