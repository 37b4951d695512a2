package io.bifocal.dataplane.connect;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides a race. Times are in nanoseconds; those of updates and of the caller's
 * close are counted from the race's beginning.
 *
 * @param addresses in the order in which they are to be tried; an address can be there twice
 * @param replies how each address behaves, those that come late included
 * @param delay before the second attempt
 * @param growth of each further delay
 * @param timeout of the whole race
 * @param updates in order of time
 * @param cancelAt when the caller loses interest, or {@link #NEVER}
 */
record RaceScenario(
    List<Address> addresses,
    Completeness completeness,
    Map<Address, Reply> replies,
    long delay,
    double growth,
    long timeout,
    List<Update> updates,
    long cancelAt) {

  static final long NEVER = Long.MAX_VALUE;

  static final ConnectFailure REFUSED =
      new ConnectFailure(Kind.REMOTE, "delayed connect error: Connection refused");
  static final ConnectFailure NO_SOCKET = new ConnectFailure(Kind.LOCAL, "socket creation failure");
  static final ConnectFailure NO_HANDSHAKE =
      new ConnectFailure(Kind.REMOTE, "the transport socket failed");

  private static final List<Address> POOL = AddressOrderTest.parse("6a 4a 6b 4b p1 6c 4c 6d 4d p2");
  private static final double[] GROWTHS = {1, 1, 1, 1.25, 1.5, 2, 3, 4.5, 10}; // exact in binary

  /** At {@code at} the host's addresses become these. */
  record Update(long at, List<Address> addresses, Completeness completeness) {}

  /**
   * What comes back from an address.
   *
   * @param after from the start of an attempt to the answer of the network, or {@link #NEVER}
   * @param failure what the network answers instead of a connection
   * @param handshake from there until the transport socket is ready, or {@link #NEVER}
   * @param handshakeFails whether it fails then instead
   */
  record Reply(
      long after, @Nullable ConnectFailure failure, long handshake, boolean handshakeFails) {

    /** How long an attempt lasts if nobody ends it. */
    long lasts() {
      if (after == NEVER || failure != null) {
        return after;
      }
      return handshake == NEVER ? NEVER : after + handshake;
    }

    /** How it ends then; null for ready. */
    @Nullable ConnectFailure end() {
      return failure == null && handshakeFails ? NO_HANDSHAKE : failure;
    }
  }

  /** How an address behaves. */
  Reply reply(Address address) {
    return requireNonNull(replies.get(address));
  }

  /** A scenario made of a seed. */
  static RaceScenario of(long seed) {
    return new Maker(new SplittableRandom(seed)).make();
  }

  private record Maker(SplittableRandom random) {
    RaceScenario make() {
      long timeout = time(50_000_000, 10_000_000_000L);
      Map<Address, Reply> replies = new HashMap<>();
      POOL.forEach(address -> replies.put(address, reply()));
      List<Address> addresses = list(1 + random.nextInt(8));
      boolean partial = random.nextInt(3) == 0;
      return new RaceScenario(
          addresses,
          partial ? Completeness.MORE_TO_COME : Completeness.COMPLETE,
          replies,
          time(10_000_000, 2_000_000_000),
          GROWTHS[random.nextInt(GROWTHS.length)],
          timeout,
          partial || random.nextInt(4) == 0 ? updates(addresses, timeout) : List.of(),
          random.nextInt(5) == 0 ? time(1000, timeout) : NEVER);
    }

    private List<Update> updates(List<Address> before, long timeout) {
      int count = random.nextInt(4);
      long[] times = random.longs(count, 1000, timeout).sorted().toArray();
      if (random.nextBoolean()) { // early ones
        times = random.longs(count).map(any -> time(1000, timeout)).sorted().toArray();
      }
      List<Update> updates = new ArrayList<>();
      List<Address> addresses = before;
      for (int i = 0; i < count; i++) {
        addresses = other(addresses);
        boolean last = i == count - 1 ? random.nextInt(8) > 0 : random.nextInt(4) == 0;
        updates.add(
            new Update(
                times[i], addresses, last ? Completeness.COMPLETE : Completeness.MORE_TO_COME));
      }
      return updates;
    }

    /** Some are gone, some are new, and now and then the order is another. */
    private List<Address> other(List<Address> before) {
      if (random.nextInt(8) == 0) {
        return list(1 + random.nextInt(8));
      }
      List<Address> after = new ArrayList<>(before);
      after.removeIf(any -> random.nextInt(6) == 0);
      for (int i = random.nextInt(4); i > 0 || after.isEmpty(); i--) {
        after.add(random.nextInt(after.size() + 1), any());
      }
      return List.copyOf(after);
    }

    private List<Address> list(int size) {
      List<Address> list = new ArrayList<>();
      while (list.size() < size) {
        Address any = any();
        if (!list.contains(any) || random.nextInt(5) == 0) {
          list.add(any);
        }
      }
      return List.copyOf(list);
    }

    private Address any() {
      return POOL.get(random.nextInt(POOL.size()));
    }

    private Reply reply() {
      long after = time(1000, 3_000_000_000L);
      long handshake = time(1000, 3_000_000_000L);
      return switch (random.nextInt(9)) {
        case 0, 1 -> new Reply(after, REFUSED, 0, false);
        case 2 -> new Reply(1 + random.nextInt(1000), NO_SOCKET, 0, false);
        case 3, 4 -> new Reply(NEVER, null, 0, false);
        case 5 -> new Reply(after, null, NEVER, false);
        case 6 -> new Reply(after, null, handshake, true);
        default -> new Reply(after, null, handshake, false);
      };
    }

    /** As often between 1 and 2 ms as between 1 and 2 s. */
    private long time(long from, long to) {
      double magnitude = random.nextDouble(Math.log((double) from), Math.log((double) to));
      return Math.min(to, Math.max(from, (long) Math.exp(magnitude)));
    }
  }
}
