package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
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
import io.bifocal.xds.internal.resource.Received;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
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

  /** Responses that may wait for their watchers before no more are let in. */
  private static final int MAX_UNSETTLED = 64;

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
  private final UnknownFields unknownFields;
  private final Holds holds;
  private final Subscribers<T> subscribers;
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
    this.unknownFields = new UnknownFields(type, surroundings.observer());
    this.holds = new Holds(loop, surroundings.due());
    this.subscribers = new Subscribers<>(type, interests, ledger, holdings, loop, this::changed);
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
    return subscribers.add(names, watcher, observer, initialFetchTimeout);
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
    return holds.take();
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

  // Whether requests wait for something other than the stream.
  private boolean held() {
    return holds.any() || !unsettled.isEmpty() || penance.underWay();
  }

  @Override
  public boolean full() {
    return unsettled.size() >= MAX_UNSETTLED;
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
    Hold whileJudged = holds.take();
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
      whileJudged.close();
    }
  }

  // What the decoder could not know: who wants what, and which versions are held.
  private Decoded<T> judged(Decoded<T> decoded) {
    if (decoded instanceof Good<T> good) {
      for (Flaw flaw : good.flaws()) {
        if (interests.wants(flaw.name())) {
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
    unknownFields.tell(response.unknown());
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
