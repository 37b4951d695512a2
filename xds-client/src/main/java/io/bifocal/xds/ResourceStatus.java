package io.bifocal.xds;

import com.google.protobuf.Message;
import java.time.Instant;
import java.util.Optional;

/**
 * What a client holds of one resource that is watched, in the terms of {@code
 * envoy.service.status.v3.ClientConfig.GenericXdsConfig}.
 *
 * @param name empty for what concerns all of a type
 * @param version of the value in force; empty when there is none, or it is the bootstrap's
 * @param value in force
 * @param lastUpdated when the value came into force
 * @param error what went wrong since then ({@code error_state})
 * @param lastAttempt when it did
 */
public record ResourceStatus(
    ResourceType<?> type,
    String name,
    Status status,
    String version,
    Optional<Message> value,
    Optional<Instant> lastUpdated,
    Optional<WatchError> error,
    Optional<Instant> lastAttempt) {

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

  static Status of(boolean held, Optional<WatchError> error) {
    if (error.isEmpty()) {
      return held ? Status.ACKED : Status.REQUESTED;
    }
    return switch (error.get().kind()) {
      case REJECTED -> Status.NACKED;
      case DOES_NOT_EXIST -> Status.DOES_NOT_EXIST;
      case TIMEOUT -> held ? Status.ACKED : Status.TIMEOUT;
      case TRANSPORT, CONFIGURATION -> held ? Status.ACKED : Status.RECEIVED_ERROR;
    };
  }
}
