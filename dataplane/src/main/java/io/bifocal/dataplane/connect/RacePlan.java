package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import java.time.Duration;
import java.util.List;

/**
 * What a race is run for and by which rules.
 *
 * @param cluster its name, for logs and listeners
 * @param addresses in the order in which they are tried
 * @param stagger how long an attempt has the field to itself
 * @param connectTimeout over the whole race, transport sockets included
 */
public record RacePlan(
    String cluster,
    List<Address> addresses,
    Duration stagger,
    Duration connectTimeout,
    TransportSocket transport) {

  /** A race by Envoy's rules: 300 ms between attempts, over plain sockets. */
  public static RacePlan of(String cluster, List<Address> addresses, Duration connectTimeout) {
    return new RacePlan(
        cluster, addresses, ConnectRace.DEFAULT_STAGGER, connectTimeout, TransportSocket.PLAIN);
  }
}
