package io.bifocal.dataplane.grid;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.Loop;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a cache in a file: read when the cache is made, written now and then when there is
 * something new, and at the end. What cannot be read or written is a warning. Confined to the
 * control loop.
 */
final class AlternateProtocolsStore {
  private static final Logger log = LoggerFactory.getLogger(AlternateProtocolsStore.class);
  private static final Duration SOON = Duration.ofSeconds(1);

  /** A thousand entries are less than a twentieth of that. */
  private static final int LARGEST = 4 << 20;

  private final Loop loop;
  private final AlternateProtocolsCache cache;
  private final KeyValueFile file;
  private final Cell failures;
  private boolean failing;

  AlternateProtocolsStore(
      Loop loop, AlternateProtocolsCache cache, KeyValueFile file, Scope scope) {
    this.loop = loop;
    this.cache = cache;
    this.file = file;
    this.failures = scope.counter("store_failures").at(StatsStore.CONTROL);
  }

  /** Reads it, and writes from now on. */
  void begin() {
    try {
      load();
    } catch (NoSuchFileException e) {
      log.debug("{} is not there yet", file.path());
    } catch (IOException e) {
      warn("{} cannot be read: {}", e.toString());
    }
    var unused = loop.schedule(interval(), this::tick);
  }

  private Duration interval() {
    return file.flushInterval().isZero() ? SOON : file.flushInterval();
  }

  private void load() throws IOException {
    Path path = file.path();
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isRegularFile(path)) { // a pipe would keep its reader waiting
      warn("{} is not read: {}", "it is no regular file");
      return;
    }
    // Its times are of a clock that begins anew with the machine.
    Instant machineBegan = loop.wallTime().minusNanos(loop.nanoTime());
    if (Files.getLastModifiedTime(path).toInstant().isBefore(machineBegan)) {
      log.info("{} is not read: it is older than this machine's start", path);
      return;
    }
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      bytes = in.readNBytes(LARGEST + 1);
    }
    if (bytes.length > LARGEST) {
      warn("{} is not read: it is longer than {} bytes", String.valueOf(LARGEST));
      return;
    }
    KnownOrigins known = KnownOrigins.read(new String(bytes, ISO_8859_1));
    if (!known.problem().isEmpty()) {
      warn("{} is not as it should be: {}", known.problem());
    }
    known.origins().stream().limit(file.maxEntries()).forEach(cache::restore);
  }

  private void tick() {
    var unused = loop.schedule(interval(), this::tick);
    write();
  }

  /** Writes what is new, if anything is. */
  void write() {
    loop.assertInLoop();
    if (!cache.takeChanged()) {
      return;
    }
    Path path = file.path();
    Path next = path.resolveSibling(path.getFileName() + ".new");
    try {
      Files.writeString(next, KnownOrigins.write(cache.known(file.maxEntries())), ISO_8859_1);
      var unused =
          Files.move(
              next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      failing = false;
    } catch (IOException e) {
      cache.markChanged(); // so that it is tried again
      if (failing) {
        failures.inc(); // it was told before
      } else {
        failing = true;
        warn("{} cannot be written: {}", e.toString());
      }
    }
  }

  private void warn(String text, String why) {
    failures.inc();
    log.warn(text, file.path(), why);
  }
}
