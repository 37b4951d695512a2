package io.bifocal.dataplane.cluster;

import io.bifocal.xds.time.Loop;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The system's resolver, as the JDK asks it (hosts file included, with the JDK's cache), on a few
 * threads of its own, because it blocks. What waits is bounded by the names of the configuration:
 * none is asked twice at a time.
 */
final class SystemResolver implements Resolver {
  private static final int THREADS = 4;
  private static final int IDLE_SECONDS = 30;

  private final Loop control;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread thread = new Thread(task, "bifocal-dns");
            thread.setDaemon(true);
            return thread;
          });

  SystemResolver(Loop control) {
    this.control = control;
    threads.allowCoreThreadTimeOut(true);
  }

  @Override
  public void resolve(String name, Consumer<Answer> answer) {
    try {
      threads.execute(
          () -> {
            Answer found = ask(name);
            control.execute(() -> answer.accept(found));
          });
    } catch (RejectedExecutionException closed) {
      control.execute(() -> answer.accept(new Answer.Failed("the resolver is closed")));
    }
  }

  private static Answer ask(String name) {
    try {
      return new Answer.Found(List.of(InetAddress.getAllByName(name)));
    } catch (UnknownHostException e) {
      return new Answer.Failed(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
