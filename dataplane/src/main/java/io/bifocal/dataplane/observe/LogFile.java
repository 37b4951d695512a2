package io.bifocal.dataplane.observe;

import io.bifocal.xds.time.Loop;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file, shared by all logs with its path: every thread fills a ring, one writer empties all.
 */
final class LogFile {
  /** What a thread may have waiting before its lines are dropped. */
  static final int RING = 1 << 20;

  /** What may wait before it is written without waiting for the timer. */
  static final int FLUSH_AT = 64 << 10;

  private static final Logger log = LoggerFactory.getLogger(LogFile.class);

  private final String path;
  private final Sink.Opener opener;
  private final Loop writer;
  private final FilesystemStats stats;
  private final List<LineRing> rings = new CopyOnWriteArrayList<>();
  private final AtomicBoolean flushAsked = new AtomicBoolean();
  private final FastThreadLocal<LineRing> own =
      new FastThreadLocal<>() {
        @Override
        protected LineRing initialValue() {
          LineRing ring = new LineRing(RING);
          rings.add(ring);
          return ring;
        }
      };

  // The writer's.
  private Sink sink;
  private long linesCounted;
  private long droppedCounted;
  private boolean failing;

  LogFile(String path, Sink.Opener opener, Loop writer, FilesystemStats stats) throws IOException {
    this.path = path;
    this.opener = opener;
    this.writer = writer;
    this.stats = stats;
    this.sink = opener.open(path);
  }

  /** Adds a line, from any thread; never blocks. */
  void append(CharSequence line) {
    LineRing ring = own.get();
    boolean taken = ring.offer(line);
    if ((!taken || ring.pending() >= FLUSH_AT) && flushAsked.compareAndSet(false, true)) {
      writer.execute(this::flush);
    }
  }

  /** Writes what waits; on the writer. True if there was anything. */
  boolean flush() {
    writer.assertInLoop();
    flushAsked.set(false);
    long lines = 0;
    long dropped = 0;
    int[] writes = new int[2];
    for (LineRing ring : rings) {
      ring.drain(bytes -> writes[write(bytes) ? 0 : 1]++);
      lines += ring.lines();
      dropped += ring.dropped();
    }
    stats.written(writes[0], writes[1]);
    stats.lines(lines - linesCounted, dropped - droppedCounted);
    linesCounted = lines;
    droppedCounted = dropped;
    return writes[0] + writes[1] > 0;
  }

  private boolean write(ByteBuffer bytes) {
    try {
      sink.write(bytes);
      failing = false;
      return true;
    } catch (IOException e) {
      if (!failing) {
        log.warn("cannot write to access log {}; its lines are lost", path, e);
      }
      failing = true;
      return false;
    }
  }

  /** Closes and opens again, after somebody has moved the file away; on the writer. */
  void reopen() {
    flush();
    try {
      Sink fresh = opener.open(path);
      close(sink);
      sink = fresh;
    } catch (IOException e) {
      stats.reopenFailed();
      log.warn("cannot reopen access log {}; the old file is kept", path, e);
    }
  }

  /** Writes what waits, and closes; on the writer. */
  void close() {
    flush();
    close(sink);
  }

  /** Bytes that wait; on any thread. */
  long pending() {
    return rings.stream().mapToLong(LineRing::pending).sum();
  }

  private void close(Sink old) {
    try {
      old.close();
    } catch (IOException e) {
      log.warn("cannot close access log {}", path, e);
    }
  }
}
