package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.internal.resource.Decoded;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Both ledgers of one type on one stream. */
public interface TypeState<Q extends Message, T extends Message> {

  /** In the state-of-the-world dialect. */
  static <T extends Message> TypeState<DiscoveryRequest, T> stateOfTheWorld(
      ResourceType<T> type, Surroundings surroundings) {
    Interests<T> interests = new Interests<>();
    return new Books<>(
        type,
        interests,
        new SotwLedger(type.typeUrl(), interests),
        type.wholeState(),
        surroundings);
  }

  /** In the state-of-the-world dialect, where each answer lists all there is of any type. */
  static <T extends Message> TypeState<DiscoveryRequest, T> listing(
      ResourceType<T> type, Surroundings surroundings) {
    Interests<T> interests = new Interests<>();
    return new Books<>(
        type, interests, new SotwLedger(type.typeUrl(), interests), true, surroundings);
  }

  /** In the incremental dialect. */
  static <T extends Message> TypeState<DeltaDiscoveryRequest, T> delta(
      ResourceType<T> type, Surroundings surroundings) {
    Interests<T> interests = new Interests<>();
    return new Books<>(
        type, interests, new DeltaLedger(type.typeUrl(), interests), false, surroundings);
  }

  ResourceType<T> type();

  Subscription subscribe(
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout);

  Hold hold();

  /** A new stream opened: what is wanted must be announced on it. */
  void onOpened();

  /** The stream broke, or could not be opened. */
  void onBroken(XdsError.Disconnected error);

  /**
   * A response.
   *
   * @param present whether it came on the stream that is open now, so that an answer is due
   */
  void apply(Decoded<T> response, boolean present);

  /**
   * Whether so many responses wait for their watchers' answers, in memory, that no more should be
   * let in.
   */
  boolean full();

  /** The ticket of the oldest answer that may be sent, {@link Long#MAX_VALUE} if none. */
  long answerTicket();

  /** Whether a request without an answer may be sent. */
  boolean changeDue();

  /** Takes what is due as one request, without its node. */
  Q next();

  /** What is held of the type, and what is wanted and is not. */
  List<ResourceStatus> statuses();

  /** Stops all timers. */
  void close();
}
