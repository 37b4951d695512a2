package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.internal.bootstrap.FileSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that is read at the start and whenever it was moved into place. There is no waiting for
 * it, so {@code initial_fetch_timeout} has no use. Source: Envoy's {@code
 * FilesystemSubscriptionImpl}.
 */
final class FileSource extends SoleSource {
  private final FileSettings settings;
  private final Sources.Tools tools;
  private FileWatcher.@Nullable Watch watch;
  private boolean reading;
  private boolean stale;

  FileSource(FileSettings settings, Sources.Tools tools) {
    this.settings = settings;
    this.tools = tools;
  }

  @Override
  public <T extends Message> Subscription subscribe(
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout) {
    return serve(
        new SoleSubscription<>(
            type,
            names,
            watcher,
            new Outcomes(observer, true),
            Duration.ZERO,
            tools,
            this::catchUp));
  }

  @Override
  public void start() {
    if (watch == null && served() != null) {
      watch = watch();
      refresh();
    }
  }

  private FileWatcher.Watch watch() {
    Path directory = settings.watchedDirectory();
    try {
      return directory == null ? watchFile() : watch(directory, null);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "unable to add filesystem watch for file "
              + (directory == null ? settings.path() : directory + "/")
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private FileWatcher.Watch watchFile() throws IOException {
    Path file = settings.path().toAbsolutePath();
    Path directory = file.getParent();
    if (directory == null) {
      throw new IOException("it is in no directory");
    }
    return watch(directory, String.valueOf(file.getFileName()));
  }

  private FileWatcher.Watch watch(Path directory, @Nullable String name) throws IOException {
    return tools.ways().files().watch(directory, name, this::refresh);
  }

  // Moves that come while the file is read, or while too many readings wait, make one more reading.
  private void refresh() {
    SoleSubscription<?> sole = served();
    if (sole == null) {
      return;
    }
    if (reading || sole.full()) {
      stale = true;
      return;
    }
    reading = true;
    stale = false;
    sole.outcomes().attempt();
    sole.take(
        Content.ofFile(settings.path()),
        () -> {
          reading = false;
          catchUp();
        });
  }

  private void catchUp() {
    if (stale) {
      refresh();
    }
  }

  @Override
  void stop() {
    if (watch != null) {
      watch.close();
    }
  }
}
