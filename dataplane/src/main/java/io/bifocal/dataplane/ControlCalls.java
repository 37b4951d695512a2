package io.bifocal.dataplane;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.time.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Calls from other threads into the control loop, whose answer is waited for. */
final class ControlCalls {
  /** Something to be asked or done on the control loop. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws ConfigException;
  }

  private final Loop control;

  ControlCalls(Loop control) {
    this.control = control;
  }

  /** Runs {@code call} on the loop, and waits; its {@link ConfigException} is the caller's. */
  <T> T call(Call<T> call) throws ConfigException {
    if (control.inLoop()) {
      return call.run();
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    control.execute(
        () -> {
          try {
            answer.complete(call.run());
          } catch (Throwable t) {
            answer.completeExceptionally(t);
          }
        });
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConfigException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the control loop was asked", e);
    }
  }

  /** As {@link #call}, for what is never refused. */
  <T> T ask(java.util.function.Supplier<T> question) {
    try {
      return call(question::get);
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }
}
