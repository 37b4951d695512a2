package io.bifocal.dataplane.secret;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a secret's files again when something is moved to where they are: what has changed is
 * taken, and what cannot be used changes nothing. Moves that come together are read once, because a
 * directory may hold many. It is to {@link #watch} before it reads, so that nothing is missed
 * between. Confined to the control loop.
 */
final class FileFollower implements SecretLease {
  private static final Logger log = LoggerFactory.getLogger(SecretManager.class);

  private static final Duration TOGETHER = Duration.ofMillis(50);

  private final Loop control;
  private final FileWatcher files;
  private final Secret secret;
  private final Taker taker;
  private final Runnable failed;
  private final List<FileWatcher.Watch> watches = new ArrayList<>();
  private @Nullable Secret taken;
  private Loop.@Nullable Timer looking;

  /** Takes what the files hold now. */
  @FunctionalInterface
  interface Taker {
    void take(Secret read) throws ConfigException;
  }

  /**
   * One that has not begun.
   *
   * @param taken what the files held when they were taken last; null if they never were
   * @param failed runs when there is something else that cannot be used
   */
  FileFollower(
      Loop control,
      FileWatcher files,
      Secret secret,
      @Nullable Secret taken,
      Taker taker,
      Runnable failed) {
    this.control = control;
    this.files = files;
    this.secret = secret;
    this.taken = taken;
    this.taker = taker;
    this.failed = failed;
  }

  /**
   * Begins to watch.
   *
   * @throws ConfigException in Envoy's words when a directory cannot be watched; the others are
   */
  void watch() throws ConfigException {
    ConfigException failure = null;
    for (Path directory : SecretFiles.directories(secret)) {
      try {
        watches.add(files.watch(directory, null, this::moved));
      } catch (IOException e) {
        failure =
            new ConfigException(
                "unable to add filesystem watch for file " + directory + "/: " + reason(e), e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void moved() {
    if (looking == null) {
      looking =
          control.schedule(
              TOGETHER,
              () -> {
                looking = null;
                look();
              });
    }
  }

  // Where Envoy has words, they are the system's.
  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "No such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "Permission denied";
    }
    return e instanceof NotDirectoryException ? "Not a directory" : String.valueOf(e.getMessage());
  }

  /** Takes what the files hold, unless that was taken already; throws why it cannot be. */
  void take() throws ConfigException {
    Secret fresh = SecretFiles.read(secret);
    if (!fresh.equals(taken)) {
      taker.take(fresh);
      taken = fresh;
    }
  }

  /** The same; what cannot be taken is told. */
  void look() {
    try {
      take();
    } catch (ConfigException e) {
      log.warn(
          "secret '{}': what was moved into place cannot be used, and changes nothing: {}",
          secret.getName(),
          e.reason());
      failed.run();
    }
  }

  @Override
  public void close() {
    watches.forEach(FileWatcher.Watch::close);
    watches.clear();
    if (looking != null) {
      looking.cancel();
      looking = null;
    }
  }
}
