package io.bifocal.dataplane.ondemand;

import java.time.Duration;

/**
 * Something a control plane can be asked. Made on any loop; asked on the control loop. The same
 * question twice is equal, so that nobody asks again what was answered.
 */
public interface Question {
  /** How long a request waits for the answer; zero for as long as it lives. */
  Duration patience();

  /** Asks, unless that was done; {@link Wait#answered} follows, maybe within this call. */
  void ask(Wait asker);

  /** The asker does not wait any longer; harmless when it does not wait. */
  void withdraw(Wait asker);
}
