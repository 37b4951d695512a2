package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.transport.TransportSocket;
import java.time.Duration;
import java.util.List;

/**
 * What a race is run for and by which rules.
 *
 * @param cluster its name, for logs and listeners
 * @param host the address that names the host
 * @param addresses in the order in which they are tried; at least one
 * @param completeness whether more addresses are on their way
 * @param advice what memory had to say
 * @param retries what is to be tried again beside the race, without anybody waiting for it
 * @param pacing how long each attempt has the field to itself
 * @param connectTimeout over the whole race, transport sockets included
 * @param sockets what every attempt's socket is given
 * @param transport what makes a connected socket ready
 * @param purpose who waits for it
 * @param pupil learns from it, before anybody else hears of it
 */
public record RacePlan(
    String cluster,
    Address host,
    List<Address> addresses,
    Completeness completeness,
    Advice advice,
    List<Retry> retries,
    Pacing pacing,
    Duration connectTimeout,
    SocketSettings sockets,
    TransportSocket transport,
    Purpose purpose,
    RaceListener pupil) {

  /**
   * An address that failed some time ago.
   *
   * @param within how long it may take to answer; then it is as bad as before
   */
  public record Retry(Address address, Duration within) {}

  /** Who waits for a connection. */
  public enum Purpose {
    /** A request: the winner serves it. */
    SERVE,
    /** Nobody: whether the address works again is all that is asked, and the winner is closed. */
    RETRY,
    /** One of the pools that a request races with one another: it is told of there. */
    ENTRANT,
    /** A request that races pools of HTTP/3 and of TCP: what happened to the attempts of all. */
    GRID
  }

  /** A race by Envoy's rules: 300 ms between attempts, over plain sockets. */
  public static RacePlan of(String cluster, List<Address> addresses, Duration connectTimeout) {
    return of(cluster, addresses, ConnectRace.DEFAULT_STAGGER, connectTimeout);
  }

  /** A race by Envoy's rules but for the delay between attempts. */
  public static RacePlan of(
      String cluster, List<Address> addresses, Duration attemptDelay, Duration connectTimeout) {
    return new RacePlan(
        cluster,
        addresses.get(0),
        addresses,
        Completeness.COMPLETE,
        Advice.NONE,
        List.of(),
        new AttemptDelay(attemptDelay, 1),
        connectTimeout,
        SocketSettings.DEFAULT,
        TransportSocket.PLAIN,
        Purpose.SERVE,
        RaceListener.NONE);
  }

  /** The same over another kind of socket. */
  public RacePlan over(TransportSocket socket) {
    return new RacePlan(
        cluster,
        host,
        addresses,
        completeness,
        advice,
        retries,
        pacing,
        connectTimeout,
        sockets,
        socket,
        purpose,
        pupil);
  }

  /** The same for somebody else. */
  public RacePlan serving(Purpose other) {
    return purpose == other
        ? this
        : new RacePlan(
            cluster,
            host,
            addresses,
            completeness,
            advice,
            retries,
            pacing,
            connectTimeout,
            sockets,
            transport,
            other,
            pupil);
  }

  /** One of the {@link #retries}, as a race of its own. */
  public RacePlan retry(Retry retry) {
    return new RacePlan(
        cluster,
        host,
        List.of(retry.address()),
        Completeness.COMPLETE,
        Advice.NONE,
        List.of(),
        pacing,
        retry.within(),
        sockets,
        transport,
        Purpose.RETRY,
        pupil);
  }
}
