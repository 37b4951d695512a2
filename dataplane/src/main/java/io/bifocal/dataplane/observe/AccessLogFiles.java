package io.bifocal.dataplane.observe;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.AccessLogFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.ThreadLoop;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * All access logs of one proxy that go to files or to the process's streams. Workers never wait:
 * their lines go to bounded buffers, which a thread writes out every flush interval, and whenever
 * 64 KiB wait. Thread-safe.
 */
public final class AccessLogFiles implements AutoCloseable {
  /** Envoy's {@code --file-flush-interval-msec}, by default. */
  public static final Duration FLUSH_INTERVAL = Duration.ofSeconds(10);

  private final Loop writer;
  private final AutoCloseable writerThread;
  private final Duration flushInterval;
  private final Sink.Opener opener;
  private final FilesystemStats stats;
  private final Map<String, LogFile> files = new ConcurrentHashMap<>();

  private AccessLogFiles(
      Scope root,
      Loop control,
      Loop writer,
      AutoCloseable writerThread,
      Duration flushInterval,
      Sink.Opener opener) {
    this.writer = writer;
    this.writerThread = writerThread;
    this.flushInterval = flushInterval;
    this.opener = opener;
    this.stats = new FilesystemStats(root, control);
  }

  /**
   * Starts with a thread of its own.
   *
   * @param root where {@code filesystem.} is counted
   * @param control the loop whose shard of the statistics is used
   */
  public static AccessLogFiles start(Scope root, Loop control, Duration flushInterval) {
    ThreadLoop writer = ThreadLoop.start("bifocal-access-log");
    return start(root, control, writer, writer, flushInterval, Sink::open);
  }

  static AccessLogFiles start(
      Scope root,
      Loop control,
      Loop writer,
      AutoCloseable writerThread,
      Duration flushInterval,
      Sink.Opener opener) {
    AccessLogFiles files =
        new AccessLogFiles(root, control, writer, writerThread, flushInterval, opener);
    writer.execute(files::awaitTimer);
    return files;
  }

  /** The kinds of access logs that a configuration may name. */
  public Registry<AccessLogFactory> registry() {
    Registry<AccessLogFactory> registry = new Registry<>();
    LogKinds.register(registry, this);
    return registry;
  }

  /**
   * The file of that path as a place for lines, each with its own end; from any thread.
   *
   * @throws ConfigException in Envoy's words when it cannot be opened
   */
  public Consumer<String> lines(String path) throws ConfigException {
    return file(path)::append;
  }

  /** The file of that path, opened when it is first asked for. */
  LogFile file(String path) throws ConfigException {
    LogFile known = files.get(path);
    if (known != null) {
      return known;
    }
    try {
      LogFile opened = new LogFile(path, opener, writer, stats);
      LogFile first = files.putIfAbsent(path, opened);
      if (first != null) {
        writer.execute(opened::close);
        return first;
      }
      return opened;
    } catch (IOException e) {
      throw new ConfigException("unable to open file '%s': %s".formatted(path, why(e)), e);
    }
  }

  private static String why(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "No such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "Permission denied";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.toString() : reason;
  }

  private void awaitTimer() {
    var unused =
        writer.schedule(
            flushInterval,
            () -> {
              boolean any = false;
              for (LogFile file : files.values()) {
                any |= file.flush();
              }
              if (any) {
                stats.flushedByTimer();
              }
              stats.pending(files.values().stream().mapToLong(LogFile::pending).sum());
              awaitTimer();
            });
  }

  /** Opens every file again ({@code SIGUSR1}, {@code POST /reopen_logs}); returns at once. */
  public void reopen() {
    writer.execute(() -> files.values().forEach(LogFile::reopen));
  }

  /** Writes out what waits; returns when it is written, or after five seconds. */
  public void flush() {
    onWriter(() -> files.values().forEach(LogFile::flush));
  }

  /** Writes out what waits, closes the files and ends the thread. */
  @Override
  public void close() {
    onWriter(() -> files.values().forEach(LogFile::close));
    try {
      writerThread.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void onWriter(Runnable task) {
    if (writer.inLoop()) {
      task.run();
      return;
    }
    CountDownLatch done = new CountDownLatch(1);
    writer.execute(
        () -> {
          try {
            task.run();
          } finally {
            done.countDown();
          }
        });
    try {
      var unused = done.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
