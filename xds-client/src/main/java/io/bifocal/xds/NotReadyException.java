package io.bifocal.xds;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Something watched was not there in time. The message lists what is missing, and why. */
public final class NotReadyException extends TimeoutException {
  private static final long serialVersionUID = 1L;

  private final transient List<WatchError> missing;

  NotReadyException(String what, Duration waited, List<WatchError> missing) {
    super(
        what
            + " is not ready after "
            + waited.toMillis()
            + " ms; missing:"
            + WatchError.lines(missing));
    this.missing = List.copyOf(missing);
  }

  /**
   * Each resource that is missing, with the last thing that went wrong with it; {@code TIMEOUT}
   * when simply nothing came. Empty after deserialisation.
   */
  public List<WatchError> missing() {
    return missing == null ? List.of() : missing;
  }
}
