package io.bifocal.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import java.time.Instant;
import java.util.Optional;

/**
 * What a client holds of one resource that is subscribed to, in the terms of {@code
 * envoy.service.status.v3.ClientConfig.GenericXdsConfig}.
 *
 * @param name empty for what concerns all of a type
 * @param version of the value; empty when there is none, or it is the bootstrap's
 * @param value what was taken last, while the control plane has not removed it
 * @param lastUpdated when it became what it is
 * @param failure what went wrong since then ({@code error_state})
 */
public record ResourceStatus(
    ResourceType<?> type,
    String name,
    Status status,
    String version,
    Optional<Message> value,
    Optional<Instant> lastUpdated,
    Optional<Failure> failure) {

  /** As {@code envoy.admin.v3.ClientResourceStatus}. */
  public enum Status {
    /** Asked for, and not answered yet. */
    REQUESTED,
    /** The control plane says that there is none. */
    DOES_NOT_EXIST,
    /** What came last was taken. */
    ACKED,
    /** What came last was refused; the value is the one before, if there was one. */
    NACKED,
    /** The control plane cannot be reached, or not asked as it is configured; there is no value. */
    RECEIVED_ERROR,
    /** {@code initial_fetch_timeout} ran out. */
    TIMEOUT
  }

  /**
   * What went wrong, in the terms of {@code envoy.admin.v3.UpdateFailureState}.
   *
   * @param at when it did
   * @param version of what was refused; empty when nothing was
   * @param configuration what was refused, if it could be parsed. A client keeps a limited number
   */
  public record Failure(
      WatchError error, Instant at, String version, Optional<Message> configuration) {}

  /** The status as the API has it. */
  public ClientResourceStatus clientStatus() {
    return ClientResourceStatus.valueOf(status.name());
  }

  /**
   * The failure as the API has it, unless it is that there is no such resource. Secrets are in it
   * as they are: redact before you show them.
   */
  public Optional<UpdateFailureState> errorState() {
    return status == Status.DOES_NOT_EXIST
        ? Optional.empty()
        : failure.map(ResourceStatus::errorState);
  }

  private static UpdateFailureState errorState(Failure failure) {
    UpdateFailureState.Builder state =
        UpdateFailureState.newBuilder()
            .setLastUpdateAttempt(timestamp(failure.at()))
            .setDetails(failure.error().message())
            .setVersionInfo(failure.version());
    failure.configuration().ifPresent(c -> state.setFailedConfiguration(Any.pack(c)));
    return state.build();
  }

  // To the millisecond, as Envoy's dumps have it.
  static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder()
        .setSeconds(at.getEpochSecond())
        .setNanos(at.getNano() / 1_000_000 * 1_000_000)
        .build();
  }
}
