package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What will be said to one response: the watchers' verdicts, joined when all are known. */
final class Answer<T extends Message> {
  private final Decoded<T> response;
  private final int stream;
  private final Loop loop;
  private final Set<String> reasons = new LinkedHashSet<>();
  private final Map<String, String> blamed = new HashMap<>();
  private boolean refused;
  private boolean asking = true;
  private int open;

  Answer(Decoded<T> response, int stream, Loop loop) {
    this.response = response;
    this.stream = stream;
    this.loop = loop;
  }

  /** Asks a watcher; {@code onSettled} runs if it answers only later. */
  void ask(Interest<T> interest, Update<T> update, Runnable onSettled) {
    long began = loop.nanoTime();
    open++;
    Verdict verdict = interest.deliver(update);
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(
          known -> {
            loop.assertInLoop();
            take(interest, update, known, began);
            onSettled.run();
          });
    } else {
      take(interest, update, verdict, began);
    }
  }

  private void take(Interest<T> interest, Update<T> update, Verdict verdict, long began) {
    open--;
    if (verdict instanceof Verdict.Rejected rejected) {
      refuse(rejected.message());
      interest.rejected(rejected.message());
      blame(update, rejected);
    } else {
      interest.accepted(response.stamp().version(), Duration.ofNanos(loop.nanoTime() - began));
    }
  }

  // Who does not say which it blames refuses them all.
  private void blame(Update<T> update, Verdict.Rejected rejected) {
    blamed.putAll(rejected.reasons());
    if (rejected.reasons().isEmpty()) {
      update.resources().forEach(resource -> blamed.put(resource.name(), rejected.message()));
    }
  }

  void refuse(@Nullable String reason) {
    refused = true;
    if (reason != null) {
      reasons.add(reason);
    }
  }

  /** Every watcher concerned has been asked. */
  void allAsked() {
    asking = false;
  }

  boolean settled() {
    return !asking && open == 0;
  }

  boolean refused() {
    return refused;
  }

  /** Null when the refusal gives none. */
  @Nullable String reason() {
    return reasons.isEmpty() ? null : String.join("; ", reasons);
  }

  /** The resources that watchers refused, and why. */
  Map<String, String> blamed() {
    return blamed;
  }

  Decoded<T> response() {
    return response;
  }

  int stream() {
    return stream;
  }
}
