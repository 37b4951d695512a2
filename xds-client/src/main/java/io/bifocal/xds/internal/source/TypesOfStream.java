package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.internal.state.Surroundings;
import io.bifocal.xds.internal.state.TypeState;
import io.bifocal.xds.internal.stream.Dialect;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The types of one stream, and whose turn it is. Answers go out first, in the order in which they
 * became due; then what else the server must hear, in the order in which the types were first
 * subscribed.
 */
final class TypesOfStream<Q extends Message> {
  private final Dialect<Q, ?> dialect;
  private final Surroundings surroundings;
  private final Map<String, TypeState<Q, ?>> known = new LinkedHashMap<>();
  private final Set<TypeState<Q, ?>> subscribed = new LinkedHashSet<>();

  TypesOfStream(Dialect<Q, ?> dialect, Surroundings surroundings) {
    this.dialect = dialect;
    this.surroundings = surroundings;
  }

  /** Known from now on, if it was not; not subscribed yet. */
  <T extends Message> TypeState<Q, T> stateOf(ResourceType<T> type) {
    TypeState<Q, ?> before = known.get(type.typeUrl());
    if (before == null) {
      TypeState<Q, T> fresh = dialect.stateOf(type, surroundings);
      known.put(type.typeUrl(), fresh);
      return fresh;
    }
    if (before.type().prototype().getClass() != type.prototype().getClass()) {
      throw new IllegalArgumentException(type + " and " + before.type() + " share a type URL");
    }
    @SuppressWarnings("unchecked") // one type URL, one message class
    TypeState<Q, T> state = (TypeState<Q, T>) before;
    return state;
  }

  /** Subscribed from now on. */
  <T extends Message> TypeState<Q, T> subscribed(ResourceType<T> type) {
    TypeState<Q, T> state = stateOf(type);
    subscribed.add(state);
    return state;
  }

  /** The type of that URL; null when nothing of it was ever asked for. */
  @Nullable TypeState<Q, ?> asked(String typeUrl) {
    TypeState<Q, ?> type = known.get(typeUrl);
    return type != null && subscribed.contains(type) ? type : null;
  }

  /** Whose request is next; null when none is due. */
  @Nullable TypeState<Q, ?> due() {
    TypeState<Q, ?> answering =
        subscribed.stream().min(Comparator.comparingLong(TypeState::answerTicket)).orElse(null);
    if (answering == null || answers(answering)) {
      return answering;
    }
    return subscribed.stream().filter(TypeState::changeDue).findFirst().orElse(null);
  }

  private static boolean answers(TypeState<?, ?> type) {
    return type.answerTicket() != Long.MAX_VALUE;
  }

  /** How many have a request due. */
  int pending() {
    return (int) subscribed.stream().filter(t -> t.changeDue() || answers(t)).count();
  }

  /** Whether one has too many responses that nobody has judged. */
  boolean full() {
    return subscribed.stream().anyMatch(TypeState::full);
  }

  void onOpened() {
    known.values().forEach(TypeState::onOpened);
  }

  void onBroken(XdsError.Disconnected error) {
    known.values().forEach(type -> type.onBroken(error));
  }

  List<ResourceStatus> statuses() {
    return known.values().stream().flatMap(type -> type.statuses().stream()).toList();
  }

  void close() {
    known.values().forEach(TypeState::close);
  }
}
