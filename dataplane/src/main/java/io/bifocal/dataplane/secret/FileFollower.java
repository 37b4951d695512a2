package io.bifocal.dataplane.secret;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.file.FileWatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a secret's files again when something is moved to where they are: what has changed is
 * taken, and what cannot be used changes nothing. Confined to the control loop.
 */
final class FileFollower implements SecretLease {
  private static final Logger log = LoggerFactory.getLogger(SecretManager.class);

  private final Secret secret;
  private final Taker taker;
  private final Runnable failed;
  private final List<FileWatcher.Watch> watches = new ArrayList<>();
  private Secret read;

  /** Takes what the files hold now. */
  @FunctionalInterface
  interface Taker {
    void take(Secret read) throws ConfigException;
  }

  private FileFollower(Secret secret, Secret read, Taker taker, Runnable failed) {
    this.secret = secret;
    this.read = read;
    this.taker = taker;
    this.failed = failed;
  }

  /**
   * Begins to.
   *
   * @param read what the files hold, as it was taken last
   * @param failed runs when there is something else that cannot be used
   * @throws ConfigException in Envoy's words when a directory cannot be watched
   */
  static FileFollower of(
      FileWatcher files, Secret secret, Secret read, Taker taker, Runnable failed)
      throws ConfigException {
    FileFollower follower = new FileFollower(secret, read, taker, failed);
    for (Path directory : SecretFiles.directories(secret)) {
      try {
        follower.watches.add(files.watch(directory, null, follower::onMove));
      } catch (IOException e) {
        follower.close();
        throw new ConfigException(
            "unable to add filesystem watch for file " + directory + "/: No such file or directory",
            e);
      }
    }
    return follower;
  }

  private void onMove() {
    try {
      Secret fresh = SecretFiles.read(secret);
      if (!fresh.equals(read)) {
        taker.take(fresh);
        read = fresh;
      }
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
  }
}
