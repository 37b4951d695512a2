package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Update;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.internal.resource.Decoded.Bad;
import io.bifocal.xds.internal.resource.Decoded.Flaw;
import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Decoded.UnknownField;
import io.bifocal.xds.internal.resource.Received;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two ledgers of a type, and between them the answers that watchers have not settled yet. These
 * are booked in the order of their responses, and while one is open nothing is sent.
 */
final class Books<Q extends Message, T extends Message> implements TypeState<Q, T> {
  private static final Logger log = LoggerFactory.getLogger(Books.class);
  private static final int UNKNOWN_LOGGED = 10;

  private final ResourceType<T> type;
  private final Interests<T> interests;
  private final Ledger<Q> ledger;
  private final boolean lists;
  private final Surroundings surroundings;
  private final Loop loop;
  private final Expiry expiry;
  private final Deque<Answer<T>> unsettled = new ArrayDeque<>();
  private final Penance penance;
  private final Holdings<T> holdings;
  private int holds;
  private long subscriptions;
  private int stream;
  private String version = "";

  Books(
      ResourceType<T> type,
      Interests<T> interests,
      Ledger<Q> ledger,
      boolean lists,
      Surroundings surroundings) {
    this.type = type;
    this.interests = interests;
    this.ledger = ledger;
    this.lists = lists;
    this.surroundings = surroundings;
    this.loop = surroundings.loop();
    this.expiry = new Expiry(loop, this::expired);
    this.penance = new Penance(surroundings);
    this.holdings = new Holdings<>(type, interests, surroundings);
  }

  @Override
  public ResourceType<T> type() {
    return type;
  }

  // --- who is interested

  @Override
  public Subscription subscribe(
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout) {
    Interest<T> interest =
        new Interest<>(subscriptions++, type, copy(names), watcher, observer, loop);
    interest.start(initialFetchTimeout);
    add(interest);
    changed();
    return new Subscription() {
      @Override
      public void update(Set<String> names) {
        loop.assertInLoop();
        Set<String> asked = copy(names);
        if (!interest.closed() && !interest.names().equals(asked)) {
          rename(interest, asked);
        }
      }

      @Override
      public List<ResourceStatus> statuses() {
        loop.assertInLoop();
        return interest.closed() ? List.of() : holdings.statuses(interest);
      }

      @Override
      public void close() {
        loop.assertInLoop();
        if (!interest.closed()) {
          interest.close();
          remove(interest);
          changed();
        }
      }
    };
  }

  private static Set<String> copy(Set<String> names) {
    Set<String> copy = new LinkedHashSet<>();
    names.forEach(name -> copy.add(ResourceName.canonical(name)));
    return copy;
  }

  private void add(Interest<T> interest) {
    boolean before = interests.everything();
    interests.add(interest);
    // Known names too: a server answers every subscription that it is sent, in delta as well, and
    // that is how a changed cluster gets its endpoints without waiting for a timeout.
    ledger.wanted(interest.names(), !before && interests.everything());
  }

  private void remove(Interest<T> interest) {
    boolean before = interests.everything();
    List<String> orphans = interests.remove(interest);
    unwanted(orphans, before && !interests.everything());
  }

  private void unwanted(Collection<String> names, boolean everything) {
    ledger.unwanted(names, everything);
    holdings.unwanted(names, everything);
  }

  // Added before it is removed, so that the names it keeps are never without an owner.
  private void rename(Interest<T> interest, Set<String> names) {
    Set<String> dropped = copy(interest.names());
    boolean before = interests.everything();
    Set<String> orphans = new LinkedHashSet<>(interests.remove(interest));
    interest.names(names);
    Set<String> fresh = new LinkedHashSet<>(interests.add(interest));
    fresh.removeAll(dropped);
    orphans.removeAll(names);
    if (!orphans.isEmpty() || (before && !interests.everything())) {
      unwanted(orphans, before && !interests.everything());
    }
    ledger.wanted(fresh, !before && interests.everything());
    changed();
  }

  // News for the server outranks the wait that an unchanged refusal costs.
  private void changed() {
    penance.lift();
    if (!held()) { // else whoever holds it asks, for thousands of subscriptions once
      surroundings.due().run();
    }
  }

  @Override
  public Hold hold() {
    loop.assertInLoop();
    holds++;
    return new Hold() {
      private boolean open = true;

      @Override
      public void close() {
        loop.assertInLoop();
        if (open) {
          open = false;
          release();
        }
      }
    };
  }

  private void release() {
    if (--holds == 0) {
      surroundings.due().run();
    }
  }

  // --- the stream

  @Override
  public void onOpened() {
    stream++;
    penance.lift();
    ledger.restart();
  }

  @Override
  public void onBroken(XdsError.Disconnected error) {
    ledger.restart();
    holdings.broken(error);
    interests.all().forEach(i -> i.disconnected(error));
  }

  @Override
  public boolean held() {
    return holds > 0 || !unsettled.isEmpty() || penance.underWay();
  }

  @Override
  public int unsettled() {
    return unsettled.size();
  }

  @Override
  public long answerTicket() {
    return held() ? Ledger.NO_ANSWER : ledger.answerTicket();
  }

  @Override
  public boolean changeDue() {
    return !held() && ledger.changeDue();
  }

  @Override
  public Q next() {
    return ledger.next();
  }

  @Override
  public void close() {
    interests.all().forEach(Interest::close);
    expiry.clear();
    penance.lift();
    holdings.clear();
  }

  @Override
  public List<ResourceStatus> statuses() {
    return holdings.statuses();
  }

  // --- responses

  @Override
  public void apply(Decoded<T> decoded, boolean present) {
    Decoded<T> response = judged(decoded);
    holdings.reached();
    if (present) {
      ledger.received(response.stamp().nonce());
    }
    Answer<T> answer = new Answer<>(response, present ? stream : -1, loop);
    unsettled.add(answer);
    holds++;
    try {
      if (response instanceof Good<T> good) {
        deliver(good, answer);
      } else if (response instanceof Bad<T> bad) {
        log.warn("{} version {} is refused: {}", type, bad.stamp().version(), brief(bad.reason()));
        XdsError.Malformed error =
            new XdsError.Malformed(bad.reason(), bad.resource(), bad.fieldPath());
        interests.all().forEach(i -> i.malformed(error));
        answer.refuse(bad.reason());
      }
    } finally {
      answer.allAsked();
      book();
      release();
    }
  }

  // What the decoder could not know: who wants what, and which versions are held.
  private Decoded<T> judged(Decoded<T> decoded) {
    if (decoded instanceof Good<T> good) {
      for (Flaw flaw : good.flaws()) {
        if (interests.everything() || !interests.in(flaw.name()).isEmpty()) {
          return new Bad<>(
              good.stamp(), flaw.reason(), flaw.name(), flaw.fieldPath(), flaw.value());
        }
      }
      // While an earlier response is not settled, its versions may yet be taken.
      for (Received<T> received : good.resources()) {
        if (received.isHeartbeat() && unsettled.isEmpty() && !ledger.renews(received)) {
          return new Bad<>(
              good.stamp(),
              "resource '%s' has no body, and version '%s' of it is not held"
                  .formatted(received.name(), received.version()),
              received.name(),
              "",
              null);
        }
      }
    }
    return decoded;
  }

  private void deliver(Good<T> response, Answer<T> answer) {
    tellUnknown(response.unknown());
    if (interests.isEmpty() && !response.resources().isEmpty() && !ledger.takesUnwanted()) {
      log.warn("{} came though nothing of it is wanted; its version is not taken", type);
      answer.refuse(null);
      return;
    }
    if (response.onlyRenews()) {
      // A watcher of everything hears nothing of it, but its statistics do.
      String version = response.stamp().version();
      interests.inEverything().forEach(i -> i.accepted(version, Duration.ZERO));
    }
    for (Deliveries.Delivery<T> delivery : Deliveries.of(response, type, interests, lists)) {
      if (!delivery.to().closed()) {
        answer.ask(delivery.to(), delivery.update(), this::book);
      }
    }
  }

  private void tellUnknown(List<UnknownField> unknown) {
    unknown.stream()
        .limit(UNKNOWN_LOGGED)
        .forEach(u -> log.warn("{} {} has unknown fields: {}", type, u.resource(), u.paths()));
    if (unknown.size() > UNKNOWN_LOGGED) {
      log.warn("{}: {} more resources have them", type, unknown.size() - UNKNOWN_LOGGED);
    }
    unknown.forEach(
        u -> surroundings.observer().onUnknownFields(type.typeUrl(), u.resource(), u.paths()));
  }

  // In order: an answer whose elder is still open waits for it.
  private void book() {
    for (Answer<T> answer = unsettled.peek();
        answer != null && answer.settled();
        answer = unsettled.peek()) {
      unsettled.remove();
      if (answer.refused()) {
        bookRefusal(answer);
      } else if (answer.response() instanceof Good<T> good) {
        bookAcceptance(good, answer.stream() == stream);
      }
    }
    if (!held()) {
      surroundings.due().run();
    }
  }

  private void bookAcceptance(Good<T> response, boolean answer) {
    penance.accepted();
    version = response.stamp().version();
    renew(response);
    holdings.judged(response, Map.of(), lists);
    ledger.accepted(response, answer, surroundings.tickets().getAsLong());
  }

  private void bookRefusal(Answer<T> answer) {
    if (answer.response() instanceof Good<T> good) {
      renew(good);
      holdings.judged(good, answer.blamed(), lists);
    } else if (answer.response() instanceof Bad<T> bad) {
      holdings.refused(bad);
    }
    Decoded.Stamp stamp = answer.response().stamp();
    boolean repeated = penance.isRepeated(stamp.fingerprint());
    if (answer.stream() != stream) {
      return;
    }
    ledger.refused(stamp.nonce(), answer.reason(), surroundings.tickets().getAsLong());
    if (repeated) {
      penance.begin();
    } else {
      penance.absolve();
    }
  }

  private void renew(Good<T> response) {
    for (Received<T> received : response.resources()) {
      if (!received.isHeartbeat() || ledger.renews(received)) {
        expiry.renew(received.name(), received.ttl());
      }
    }
    response.removed().forEach(name -> expiry.renew(name, null));
    expiry.arm();
  }

  private void expired(List<String> names) {
    log.info("{}: the time to live of {} resources is over", type, names.size());
    ledger.expired(names);
    holdings.expired(names);
    for (Interest<T> interest : interests.all()) {
      List<String> gone =
          interest.everything()
              ? names
              : names.stream().filter(n -> interests.in(n).contains(interest)).toList();
      if (!gone.isEmpty() && !interest.closed()) {
        interest.deliver(new Update<>(false, List.of(), gone, version));
        interest.accepted(version, Duration.ZERO);
      }
    }
  }

  private static String brief(String reason) {
    return reason.length() <= 300 ? reason : reason.substring(0, 300) + "…";
  }
}
