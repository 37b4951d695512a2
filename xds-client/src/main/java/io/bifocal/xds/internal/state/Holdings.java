package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceStatus.Failure;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.internal.resource.Decoded.Bad;
import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Received;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the client holds of one type by name, for dumps. It refers to the messages that the watchers
 * were given, and copies none; a name of which nothing came yet costs nothing.
 */
final class Holdings<T extends Message> {
  private static final int MAX_REASON = 4096;

  private final ResourceType<T> type;
  private final Interests<T> interests;
  private final Surroundings surroundings;
  private final Map<String, Held<T>> byName = new LinkedHashMap<>();
  private @Nullable Failure whole;
  private @Nullable Failure broken;
  private boolean aliased;
  private boolean heard;

  Holdings(ResourceType<T> type, Interests<T> interests, Surroundings surroundings) {
    this.type = type;
    this.interests = interests;
    this.surroundings = surroundings;
  }

  private Instant now() {
    return surroundings.loop().wallTime();
  }

  // --- what happens

  /** The stream broke, or cannot be opened. */
  void broken(XdsError.Disconnected error) {
    broken = new Failure(WatchError.of(type, "", error), now(), "", Optional.empty());
  }

  /** Something came: the server can be reached. */
  void reached() {
    broken = null;
  }

  /**
   * A response was judged.
   *
   * @param blamed the resources that were refused, and why; the others were taken
   * @param lists whether the response lists the whole state of its type
   */
  void judged(Good<T> response, Map<String, String> blamed, boolean lists) {
    whole = null;
    heard = true;
    Instant now = now();
    // First, as what is gone makes room for what is refused.
    response.removed().forEach(name -> vanish(name, now));
    if (lists) {
      noteAbsent(response, now);
    }
    for (Received<T> resource : response.resources()) {
      T value = resource.value();
      if (value != null && isWanted(resource.name(), resource.aliases())) {
        judge(resource, value, blamed.get(resource.name()), now);
      }
    }
  }

  private void judge(Received<T> resource, T value, @Nullable String reason, Instant now) {
    if (reason == null) {
      held(resource.name()).take(resource, value, now);
      aliased |= !resource.aliases().isEmpty();
    } else {
      WatchError error =
          new WatchError(WatchError.Kind.REJECTED, type, resource.name(), "", brief(reason));
      refuse(resource.name(), error, resource.version(), value, now);
    }
  }

  /** A response was refused before any watcher saw it. */
  void refused(Bad<T> response) {
    Instant now = now();
    String version = response.stamp().version();
    WatchError error =
        new WatchError(
            WatchError.Kind.REJECTED,
            type,
            response.resource(),
            response.fieldPath(),
            brief(response.reason()));
    whole = new Failure(error, now, version, Optional.empty());
    if (!response.resource().isEmpty() && isWanted(response.resource(), List.of())) {
      refuse(response.resource(), error, version, response.value(), now);
    }
  }

  // What nobody asked for by name, and nothing is held of, is only worth a place while there is
  // room for it.
  private void refuse(
      String name, WatchError error, String version, @Nullable Message value, Instant now) {
    Held<T> held = held(name);
    boolean room = held.refuse(error, version, value, now);
    if (!room && !held.hasValue() && interests.in(name).isEmpty()) {
      drop(name);
    }
  }

  /** Times to live are over. */
  void expired(Collection<String> names) {
    Instant now = now();
    names.forEach(name -> vanish(name, now));
  }

  private void vanish(String name, Instant now) {
    if (interests.in(name).isEmpty()) {
      drop(name);
    } else {
      held(name).vanish(now);
    }
  }

  // What was merely renewed is not listed, so its absence must not read as its removal.
  private void noteAbsent(Good<T> response, Instant now) {
    Set<String> present = new HashSet<>();
    response.resources().forEach(r -> present.add(r.name()));
    interests.names().stream()
        .filter(name -> !present.contains(name))
        .forEach(name -> held(name).vanish(now));
    if (response.resources().stream().noneMatch(Received::isHeartbeat)) {
      List.copyOf(byName.keySet()).stream()
          .filter(name -> !present.contains(name) && interests.in(name).isEmpty())
          .forEach(this::drop);
    }
  }

  /** The last interest in these names ended, or that in everything did. */
  void unwanted(Collection<String> names, boolean everything) {
    if (everything || aliased) {
      names = List.copyOf(byName.keySet());
    }
    for (String name : names) {
      Held<T> held = byName.get(name);
      if (held != null && !isWanted(name, held.aliases())) {
        drop(name);
      }
    }
  }

  void clear() {
    List.copyOf(byName.keySet()).forEach(this::drop);
  }

  private Held<T> held(String name) {
    return byName.computeIfAbsent(name, n -> new Held<>(type, n, surroundings.refused()));
  }

  private void drop(String name) {
    Held<T> held = byName.remove(name);
    if (held != null) {
      held.drop();
    }
  }

  private boolean isWanted(String name, List<String> aliases) {
    return interests.wants(name) || aliases.stream().anyMatch(interests::wants);
  }

  private static String brief(String reason) {
    return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "…";
  }

  // --- what is shown

  /** All that is held, and all that is wanted and is not. */
  List<ResourceStatus> statuses() {
    return statuses(interests.names(), interests.everything());
  }

  /** The same of one interest. */
  List<ResourceStatus> statuses(Interest<T> interest) {
    return statuses(interest.names(), interest.everything());
  }

  private List<ResourceStatus> statuses(Set<String> names, boolean everything) {
    Map<String, Held<T>> shown = new LinkedHashMap<>(everything ? byName : Map.of());
    Map<String, Held<T>> byAlias = byAlias();
    for (String name : names) {
      if (!name.equals(Wanted.EVERYTHING)) {
        Held<T> known = byName.getOrDefault(name, byAlias.get(name));
        shown.put(name, known == null ? new Held<>(type, name, surroundings.refused()) : known);
      }
    }
    List<ResourceStatus> statuses = new ArrayList<>();
    Set<Held<T>> told = new HashSet<>();
    shown.forEach(
        (name, held) -> {
          if (told.add(held)) {
            statuses.add(held.status(trouble(name, held.hasValue())));
          }
        });
    if (whole != null || (everything && !heard)) {
      Held<T> all = new Held<>(type, "", surroundings.refused());
      statuses.add(all.status(trouble("", false)));
    }
    return statuses;
  }

  private Map<String, Held<T>> byAlias() {
    Map<String, Held<T>> byAlias = new LinkedHashMap<>();
    if (aliased) {
      byName.values().forEach(held -> held.aliases().forEach(alias -> byAlias.put(alias, held)));
    }
    return byAlias;
  }

  // Of a response that was refused for one resource, the others are not to blame; when it is not
  // known for which, any may be.
  private @Nullable Failure trouble(String name, boolean held) {
    if (held) {
      return whole != null && whole.error().resource().isEmpty() ? whole : null;
    }
    Collection<Interest<T>> waiting =
        name.isEmpty() ? interests.inEverything() : interests.in(name);
    return Stream.concat(
            Stream.of(Optional.ofNullable(broken), Optional.ofNullable(whole))
                .flatMap(Optional::stream),
            waiting.stream().flatMap(i -> i.timedOut().stream()))
        .max(Comparator.comparing(Failure::at))
        .orElse(null);
  }
}
