package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.RacePlan.Retry;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.transport.TransportSocket;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * Plans the races for the hosts of one cluster, from its configuration and from what is remembered.
 * Thread-safe.
 *
 * <p>With a memory, what was bad the last time is tried last, so that a request does not wait for
 * it; it is still tried when the others do not answer, and now and then beside a race, so that it
 * is neither given up for ever nor waited for.
 */
public final class RacePlanner {
  private final String cluster;
  private final Duration connectTimeout;
  private final SocketSettings sockets;
  private final Function<Host, TransportSocket> transport;
  private final ConnectSettings settings;
  private final OutcomeMemory memory;
  private final RaceListener listener;
  private final RaceListener pupils;
  private final AttemptDelay delay;

  /**
   * @param connectTimeout over a whole race
   * @param sockets what every attempt's socket is given
   * @param transport what is between the connections to a host and their users
   * @param memory asked, and taught, only where the settings say so
   * @param listener hears of every race that is planned here
   */
  public RacePlanner(
      String cluster,
      Duration connectTimeout,
      SocketSettings sockets,
      Function<Host, TransportSocket> transport,
      ConnectSettings settings,
      OutcomeMemory memory,
      RaceListener listener) {
    this.cluster = cluster;
    this.connectTimeout = connectTimeout;
    this.sockets = sockets;
    this.transport = transport;
    this.settings = settings;
    this.memory = memory;
    this.listener = listener;
    this.pupils = memory.and(listener);
    this.delay = AttemptDelay.of(settings);
  }

  /**
   * A race for a connection to {@code host}. Addresses that are to be tried again are this plan's
   * to try: nobody else will until their next time has come.
   *
   * @param now on the clock of the loop that is going to race
   */
  public RacePlan plan(Host host, long now) {
    AddressList addresses = host.raced();
    boolean alone =
        addresses.ordered().size() == 1 && addresses.completeness() == Completeness.COMPLETE;
    if (!settings.outcomeMemory() || alone) {
      return plan(host, addresses.ordered(), Advice.NONE, List.of(), delay, listener);
    }
    Recollection recalled = new Recollection(memory, cluster, host.primary(), settings);
    List<Address> order = recalled.order(addresses.ordered());
    Advice advice = new Advice(recalled.putOff(order), order != addresses.ordered());
    Duration patience = recalled.patience(order, connectTimeout);
    List<Retry> retries =
        advice.putOff().stream()
            .filter(address -> memory.claimRetry(cluster, host.primary(), address, now))
            .map(address -> new Retry(address, patience))
            .toList();
    return plan(host, order, advice, retries, recalled, pupils);
  }

  /** What is told of a race that pools run for one request; it is not run itself. */
  public RacePlan grid(Host host) {
    return plan(host, host.raced().ordered(), Advice.NONE, List.of(), delay, listener)
        .serving(RacePlan.Purpose.GRID);
  }

  private RacePlan plan(
      Host host,
      List<Address> order,
      Advice advice,
      List<Retry> retries,
      Pacing pacing,
      RaceListener pupil) {
    return new RacePlan(
        cluster,
        host.primary(),
        order,
        host.raced().completeness(),
        advice,
        retries,
        pacing,
        connectTimeout,
        sockets,
        transport.apply(host),
        RacePlan.Purpose.SERVE,
        pupil);
  }
}
