package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.resource.Received;
import io.bifocal.xds.internal.state.Surroundings;
import io.bifocal.xds.internal.state.TypeState;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscription of a source that has one only, whose every answer is all there is, and that
 * hears no verdict. The watcher hears every answer, even one without what it asked for.
 */
final class SoleSubscription<T extends Message> implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(SoleSubscription.class);

  private final ResourceType<T> type;
  private final Sources.Tools tools;
  private final Decoder decoder;
  private final Outcomes outcomes;
  private final TypeState<DiscoveryRequest, T> state;
  private final Subscription inner;
  private Set<String> names;
  private boolean closed;

  /**
   * @param outcomes counts what becomes of the answers
   * @param settled runs whenever an answer that had to wait is settled
   */
  SoleSubscription(
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      Outcomes outcomes,
      Duration initialFetchTimeout,
      Sources.Tools tools,
      Runnable settled) {
    this.type = type;
    this.names = Set.copyOf(names);
    this.tools = tools;
    this.decoder = tools.decoder().ofOneStream();
    this.outcomes = outcomes;
    this.state =
        TypeState.listing(
            type,
            new Surroundings(
                tools.loop(), tools.chance(), () -> 0, settled, tools.refused(), tools.observer()));
    this.inner = state.subscribe(names, watcher, outcomes, initialFetchTimeout);
  }

  ResourceType<T> type() {
    return type;
  }

  Outcomes outcomes() {
    return outcomes;
  }

  /** Whether too many answers wait for their verdicts. */
  boolean full() {
    return state.full();
  }

  /** Names, type and the version that is held. */
  DiscoveryRequest request() {
    DiscoveryRequest next = state.next();
    String taken = outcomes.taken();
    return taken == null ? next : next.toBuilder().setVersionInfo(taken).build();
  }

  /** There was no answer. */
  void failed(String why) {
    state.onBroken(new XdsError.Disconnected(why));
  }

  /** Decodes what is read and hands it to the watcher; {@code then} runs afterwards. */
  void take(Content content, Runnable then) {
    Set<String> wanted = names;
    try {
      tools.decode().execute(() -> decode(content, wanted, then));
    } catch (RejectedExecutionException e) {
      log.error("the decode executor takes no work; an answer for {} is lost", type);
      tools.loop().execute(then);
    }
  }

  private void decode(Content content, Set<String> wanted, Runnable then) {
    Content.Reading reading = content.read(tools.decoder().rejectsUnknownFields());
    Decoded<T> decoded =
        reading.response() == null
            ? new Decoded.Bad<>(new Decoded.Stamp("", "", 0), reading.reason())
            : expected(decoder.decode(type, reading.response()), wanted);
    tools
        .loop()
        .execute(
            () -> {
              if (!closed) {
                reading
                    .unknownFields()
                    .forEach(u -> tools.observer().onUnknownFields(type.typeUrl(), "", u));
                apply(decoded, reading.unreadable());
                then.run();
              }
            });
  }

  private void apply(Decoded<T> decoded, boolean unreadable) {
    outcomes.before(decoded.stamp().version(), unreadable);
    state.apply(decoded, false);
  }

  // Something else than what was asked for is a mistake that should not pass for an empty answer.
  private Decoded<T> expected(Decoded<T> decoded, Set<String> wanted) {
    if (wanted.isEmpty() || !(decoded instanceof Decoded.Good<T> good)) {
      return decoded;
    }
    List<String> came = good.resources().stream().map(Received::name).toList();
    return came.isEmpty() || came.stream().anyMatch(wanted::contains)
        ? decoded
        : new Decoded.Bad<>(
            good.stamp(),
            "Unexpected "
                + type
                + " resources (expecting "
                + String.join(", ", wanted)
                + "): "
                + String.join(", ", came));
  }

  @Override
  public void update(Set<String> newNames) {
    names = Set.copyOf(newNames);
    inner.update(newNames);
  }

  @Override
  public List<ResourceStatus> statuses() {
    return inner.statuses();
  }

  @Override
  public void close() {
    closed = true;
    inner.close();
    state.close();
  }
}
