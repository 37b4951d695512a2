package io.bifocal.conformance.envoy;

import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import java.time.Duration;
import java.util.List;

/** One thing that the scripted control plane does. */
sealed interface Step {
  String title();

  /** What an operator needs to find in the errors, if there are any. */
  default List<String> mustName() {
    return List.of();
  }

  /** What a subject is expected to do, so that the script knows when it is over. */
  enum Answer {
    /** It answers this response at once: a request that echoes its nonce. */
    ANSWERED,
    /** It says something, but holds the answer to this response back. */
    HELD_BACK,
    /** It says nothing at all. */
    SILENCE,
    /** It answers, and says more when the draining time is over. */
    ANSWERED_AND_MORE_AFTER_DRAINING
  }

  /**
   * All the resources of a type, as the control plane now has them. State of the world sends all of
   * them, delta what changed and what is gone.
   */
  record Push(
      String title,
      ResourceType<?> type,
      String version,
      List<Named> resources,
      Answer answer,
      List<String> mustName)
      implements Step {}

  /** Responses word for word, one after the other without a pause. */
  record Say(String title, List<Response> responses, Answer answer, List<String> mustName)
      implements Step {}

  /** The control plane is silent for so long. */
  record Silence(String title, Duration duration) implements Step {}

  /**
   * The control plane ends the streams, without an error.
   *
   * @param hangUps how many more it ends as soon as they are opened
   */
  record CloseStreams(String title, int hangUps, int requestsExpected) implements Step {}
}
