package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceStatus.Failure;
import io.bifocal.xds.ResourceStatus.Status;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.internal.resource.Received;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is known of one resource: what was taken of it last, and what was wrong since. */
final class Held<T extends Message> {
  private final ResourceType<T> type;
  private final String name;
  private final RefusedLimit limit;
  private List<String> aliases = List.of();
  private String version = "";
  private @Nullable T value;
  private @Nullable Instant since;
  private @Nullable Failure failure;

  Held(ResourceType<T> type, String name, RefusedLimit limit) {
    this.type = type;
    this.name = name;
    this.limit = limit;
  }

  /** Other names by which what was taken can be asked for. */
  List<String> aliases() {
    return aliases;
  }

  boolean hasValue() {
    return value != null;
  }

  /** What it is now, of which the client has this very message already. */
  @SuppressWarnings("ReferenceEquality") // most often it is the same one, and to compare costs
  void take(Received<T> resource, T fresh, Instant now) {
    aliases = resource.aliases();
    version = resource.version();
    fail(null);
    if (fresh != value && !fresh.equals(value)) {
      value = fresh;
      since = now;
    }
  }

  /** The control plane has none. */
  void vanish(Instant now) {
    value = null;
    version = "";
    since = null;
    aliases = List.of();
    if (failure == null || failure.error().kind() != WatchError.Kind.DOES_NOT_EXIST) {
      fail(new Failure(WatchError.doesNotExist(type, name), now, "", Optional.empty()));
    }
  }

  /**
   * What came was refused.
   *
   * @return whether there was room for the configuration, if there is one
   */
  boolean refuse(WatchError error, String refused, @Nullable Message configuration, Instant now) {
    fail(null); // which makes room
    boolean kept = configuration != null && limit.keep(type.typeUrl(), name, configuration);
    fail(
        new Failure(
            error, now, refused, kept ? Optional.ofNullable(configuration) : Optional.empty()));
    return kept || configuration == null;
  }

  /** It is not shown any longer. */
  void drop() {
    fail(null);
  }

  private void fail(@Nullable Failure next) {
    if (failure != null) {
      failure.configuration().ifPresent(limit::release);
    }
    failure = next;
  }

  /**
   * Its status.
   *
   * @param trouble what is wrong with all of the type; it matters while nothing else is known
   */
  ResourceStatus status(@Nullable Failure trouble) {
    Failure shown = failure == null ? trouble : failure;
    return new ResourceStatus(
        type,
        name,
        of(value != null, shown),
        version,
        Optional.ofNullable(value),
        Optional.ofNullable(since),
        Optional.ofNullable(shown));
  }

  private static Status of(boolean held, @Nullable Failure failure) {
    if (failure == null) {
      return held ? Status.ACKED : Status.REQUESTED;
    }
    return switch (failure.error().kind()) {
      case REJECTED -> Status.NACKED;
      case DOES_NOT_EXIST -> Status.DOES_NOT_EXIST;
      case TIMEOUT -> Status.TIMEOUT;
      case TRANSPORT, CONFIGURATION -> Status.RECEIVED_ERROR;
    };
  }
}
