package io.bifocal.dataplane.transport.tls;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one end of TLS shows of itself, and how it judges the other: as much of it as is known.
 *
 * @param byPlace our own certificates by their place among those that are configured
 * @param verifier of the peer, or null to accept anybody
 * @param trusted what statistics call whom it trusts
 * @param ticketKeys for sessions that clients keep; none for such as are made here
 * @param missing the places of secrets that have not come yet
 */
record Credentials(
    Map<Integer, OwnCertificate> byPlace,
    @Nullable PeerVerifier verifier,
    String trusted,
    TicketKeys ticketKeys,
    Set<Integer> missing) {
  static final Credentials NONE = new Credentials(Map.of(), null, "", TicketKeys.NONE, Set.of());

  /** Whether nothing is missing. */
  boolean isWhole() {
    return missing.isEmpty();
  }

  List<OwnCertificate> certificates() {
    return new ArrayList<>(new TreeMap<>(byPlace).values());
  }

  /**
   * When its certificates expire, in seconds of the epoch, by what statistics call them: of those
   * that share a name the last, of those trusted the first to expire, as with Envoy.
   */
  Map<String, Long> expiries() {
    Map<String, Long> expiries = new TreeMap<>();
    if (verifier != null) {
      expiries.putAll(verifier.expiries(trusted));
    }
    certificates().forEach(own -> expiries.put(own.name(), Certificates.expiry(own.leaf())));
    return expiries;
  }

  Credentials withCertificate(int place, OwnCertificate certificate) {
    Map<Integer, OwnCertificate> next = new TreeMap<>(byPlace);
    next.put(place, certificate);
    return new Credentials(next, verifier, trusted, ticketKeys, missing);
  }

  Credentials withVerifier(PeerVerifier judge, String name) {
    return new Credentials(byPlace, judge, name, ticketKeys, missing);
  }

  Credentials withTicketKeys(TicketKeys keys) {
    return new Credentials(byPlace, verifier, trusted, keys, missing);
  }

  Credentials without(int place) {
    Set<Integer> next = new TreeSet<>(missing);
    next.add(place);
    return new Credentials(byPlace, verifier, trusted, ticketKeys, next);
  }

  Credentials supplied(int place) {
    Set<Integer> next = new TreeSet<>(missing);
    next.remove(place);
    return new Credentials(byPlace, verifier, trusted, ticketKeys, next);
  }
}
