package io.bifocal.dataplane.dns;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What of a server's response matters.
 *
 * @param code the response code, RFC 1035 section 4.1.1
 * @param truncated whether the answer did not fit
 */
record Message(int code, boolean truncated, List<Entry> answers) {
  static final int NO_ERROR = 0;
  static final int FORMAT_ERROR = 1;
  static final int SERVER_FAILURE = 2;
  static final int NO_SUCH_NAME = 3;
  static final int NOT_IMPLEMENTED = 4;
  static final int REFUSED = 5;

  /** One record of the answer section. */
  sealed interface Entry {
    String owner();

    Duration ttl();
  }

  /** An A or AAAA record. */
  record AddressEntry(String owner, Duration ttl, InetAddress ip) implements Entry {}

  /** A CNAME record. */
  record Alias(String owner, Duration ttl, String target) implements Entry {}

  /** Whether another server may know better. */
  boolean anotherMayKnow() {
    return code == SERVER_FAILURE || code == NOT_IMPLEMENTED || code == REFUSED;
  }

  /**
   * What it means. Only records of the name and of its aliases count; an alias that leads to no
   * address is a name without one.
   */
  Answer answerTo(Question question) {
    if (code == NO_SUCH_NAME) {
      return Answer.Found.NOTHING;
    }
    return code == NO_ERROR
        ? new Answer.Found(records(question.name()))
        : new Answer.Failed(Answer.Cause.SERVER, reason());
  }

  String reason() {
    return switch (code) {
      case FORMAT_ERROR -> "FORMERR";
      case SERVER_FAILURE -> "SERVFAIL";
      case NOT_IMPLEMENTED -> "NOTIMP";
      case REFUSED -> "REFUSED";
      default -> "response code " + code;
    };
  }

  private List<AddressRecord> records(String name) {
    Map<String, Alias> aliases = new HashMap<>();
    for (Entry entry : answers) {
      if (entry instanceof Alias alias) {
        aliases.putIfAbsent(DomainName.key(alias.owner()), alias);
      }
    }
    Set<String> names = new HashSet<>();
    Duration least = Duration.ofSeconds(Integer.MAX_VALUE);
    String key = DomainName.key(name);
    for (Alias alias = aliases.get(key);
        names.add(key) && alias != null;
        alias = aliases.get(key)) {
      least = min(least, alias.ttl());
      key = DomainName.key(alias.target());
    }
    List<AddressRecord> records = new ArrayList<>();
    for (Entry entry : answers) {
      if (entry instanceof AddressEntry address
          && names.contains(DomainName.key(address.owner()))) {
        records.add(new AddressRecord(address.ip(), min(least, address.ttl())));
      }
    }
    return records;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
