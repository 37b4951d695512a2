package io.bifocal.dataplane.admin;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** The proxy behind its control loop: questions are answered there, answers are printed here. */
record ControlLoop(ProxyView view) {
  /** Asks on the control loop; the future completes there. */
  <T> CompletableFuture<T> ask(Function<ProxyView, T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    view.controlLoop()
        .execute(
            () -> {
              try {
                answer.complete(question.apply(view));
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  /** Tells something on the control loop, and then answers OK. */
  CompletableFuture<Answer> tell(Consumer<ProxyView> order) {
    return ask(
        v -> {
          order.accept(v);
          return Answer.ok();
        });
  }
}
