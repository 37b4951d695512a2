package io.bifocal.conformance.rfc8305;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The names of a suite on the lab's DNS server: each is asked for once only. */
final class Domain {
  static final Map<String, ?> NO_RECORDS = Map.of();
  static final Map<String, ?> BROKEN = Map.of("code", "SERVFAIL");

  private static int names;

  private final WireLab wire;

  Domain(WireLab wire) {
    this.wire = wire;
  }

  /** A name of which nothing is known. */
  static synchronized String newName() {
    names++;
    return "name" + names + ".lab";
  }

  /** A name with these answers to questions for AAAA and A: fields of the request {@code dns}. */
  String name(Map<String, ?> sixes, Map<String, ?> fours) {
    String name = newName();
    put(name, "AAAA", sixes);
    put(name, "A", fours);
    return name;
  }

  /** Changes an answer. */
  void put(String name, String type, Map<String, ?> answer) {
    wire.lab().dns(name, type, answer);
  }

  /** Addresses by their short names. */
  Map<String, ?> answer(String addresses) {
    return answer(addresses, Map.of());
  }

  /** The same with other fields. */
  Map<String, ?> answer(String addresses, Map<String, ?> more) {
    Map<String, Object> answer = new TreeMap<>(more);
    answer.put("addresses", wire.arena().far().addresses(addresses));
    return answer;
  }

  /** The types that were asked for, in order, each once. */
  List<String> asked(String name) {
    return wire.lab().queries(name).stream().map(Lab.Query::type).distinct().toList();
  }

  /** One GET to all of a name's addresses of a family. */
  static Race logical(String name, String family) {
    return Race.of(name).with("type: LOGICAL_DNS, dns_lookup_family: " + family);
  }
}
