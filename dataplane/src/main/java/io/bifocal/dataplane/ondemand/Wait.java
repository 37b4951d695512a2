package io.bifocal.dataplane.ondemand;

import io.bifocal.xds.time.Loop;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits on a worker's loop for an answer that comes to the control loop. It ends
 * once: answered or cancelled.
 */
public final class Wait {
  private final Question question;
  private final Loop control;
  private final Loop worker;
  private @Nullable Runnable resume;

  private Wait(Question question, Loop control, Loop worker, Runnable resume) {
    this.question = question;
    this.control = control;
    this.worker = worker;
    this.resume = resume;
  }

  /** Asks. {@code resume} runs on {@code worker}, in a task of its own. */
  public static Wait begin(Question question, Loop control, Loop worker, Runnable resume) {
    worker.assertInLoop();
    Wait wait = new Wait(question, control, worker, resume);
    control.execute(() -> question.ask(wait));
    return wait;
  }

  /** The answer is there, whatever it is; on any thread. */
  public void answered() {
    worker.execute(
        () -> {
          Runnable task = resume;
          if (task != null) {
            resume = null;
            task.run();
          }
        });
  }

  /** Nobody waits any more; on the worker's loop. */
  public void cancel() {
    worker.assertInLoop();
    if (resume != null) {
      resume = null;
      control.execute(() -> question.withdraw(this));
    }
  }
}
