package io.bifocal.xds.file;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static java.nio.file.StandardWatchEventKinds.OVERFLOW;

import io.bifocal.xds.file.Notice.Came;
import io.bifocal.xds.file.Notice.Entry;
import io.bifocal.xds.file.Notice.Lost;
import io.bifocal.xds.file.Notice.Went;
import io.bifocal.xds.file.Notice.Written;
import io.bifocal.xds.time.Loop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread waits for the notices of all directories, looks at what they name, and hands them to
 * the loop.
 */
final class SystemFileWatcher implements FileWatcher {
  private static final Logger log = LoggerFactory.getLogger(SystemFileWatcher.class);

  /** Entries of a directory that are looked at when its watch begins. */
  private static final int MAX_ENTRIES = 10_000;

  private final Loop loop;
  private final Map<Path, WatchedDirectory> directories = new HashMap<>();
  private @Nullable WatchService service;

  SystemFileWatcher(Loop loop) {
    this.loop = loop;
  }

  @Override
  public Watch watch(Path directory, @Nullable String name, Runnable moved) throws IOException {
    loop.assertInLoop();
    // As it is now: where a link leads that is swapped later does not concern this watch.
    Path real = directory.toRealPath();
    WatchedDirectory watched = directories.get(real);
    if (watched == null) {
      watched = begin(real);
      directories.put(real, watched);
    }
    return watched.add(name, moved);
  }

  private WatchedDirectory begin(Path directory) throws IOException {
    if (service == null) {
      service = directory.getFileSystem().newWatchService();
      Thread thread = new Thread(waiting(service), "xds-files");
      thread.setDaemon(true);
      thread.start();
    }
    // Registered before it is read, so that nothing falls between.
    WatchKey key = directory.register(service, ENTRY_CREATE, ENTRY_DELETE, ENTRY_MODIFY);
    return new WatchedDirectory(
        loop,
        entries(directory),
        ended -> {
          key.cancel();
          directories.remove(directory, ended);
        });
  }

  private static Map<String, Entry> entries(Path directory) throws IOException {
    Map<String, Entry> entries = new HashMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path path : all) {
        Entry entry = entry(path);
        if (entry != null) {
          entries.put(path.getFileName().toString(), entry);
        }
        if (entries.size() > MAX_ENTRIES) {
          throw new IOException(directory + " has more than " + MAX_ENTRIES + " entries");
        }
      }
    }
    return entries;
  }

  private static @Nullable Entry entry(Path path) {
    try {
      BasicFileAttributes found =
          Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
      return new Entry(found.fileKey(), found.isRegularFile() && found.size() > 0);
    } catch (IOException e) {
      return null; // gone again
    }
  }

  private Runnable waiting(WatchService from) {
    return () -> {
      try {
        while (true) {
          WatchKey key = from.take();
          Path directory = (Path) key.watchable();
          List<Notice> notices = new ArrayList<>();
          key.pollEvents().forEach(event -> notices.add(notice(directory, event)));
          boolean valid = key.reset();
          loop.execute(() -> tell(directory, notices, valid));
        }
      } catch (ClosedWatchServiceException | InterruptedException e) {
        // The watcher is closed.
      }
    };
  }

  private static Notice notice(Path directory, WatchEvent<?> event) {
    if (event.kind() == OVERFLOW || !(event.context() instanceof Path name)) {
      return new Lost();
    }
    if (event.kind() == ENTRY_CREATE) {
      return new Came(name.toString(), entry(directory.resolve(name)));
    }
    return event.kind() == ENTRY_DELETE ? new Went(name.toString()) : new Written(name.toString());
  }

  private void tell(Path directory, List<Notice> notices, boolean valid) {
    WatchedDirectory watched = directories.get(directory);
    if (watched == null) {
      return;
    }
    notices.forEach(watched::on);
    if (!valid) {
      directories.remove(directory); // whoever watches that path next watches what is there then
      log.warn("{} is gone: what is moved to its place is not seen", directory);
    }
  }

  @Override
  public void close() {
    loop.assertInLoop();
    List.copyOf(directories.values()).forEach(WatchedDirectory::close);
    if (service != null) {
      try {
        service.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      service = null;
    }
  }
}
