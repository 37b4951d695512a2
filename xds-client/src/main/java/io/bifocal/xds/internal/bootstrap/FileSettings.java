package io.bifocal.xds.internal.bootstrap;

import io.envoyproxy.envoy.config.core.v3.PathConfigSource;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file with resources.
 *
 * @param path holds a {@code DiscoveryResponse}; its name's ending tells the format
 * @param watchedDirectory where a move makes the file be read again; null when it is a move to
 *     {@code path} itself
 */
public record FileSettings(Path path, @Nullable Path watchedDirectory) implements SourceSettings {

  static FileSettings of(PathConfigSource source) {
    Path file = existing(source.getPath());
    return source.hasWatchedDirectory()
        ? new FileSettings(file, directory(source.getWatchedDirectory().getPath()))
        : new FileSettings(file, null);
  }

  static FileSettings of(String path) {
    return new FileSettings(existing(path), null);
  }

  private static Path existing(String text) {
    Path path = path(text);
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(
          "paths must refer to an existing path in the system: '" + text + "' does not exist");
    }
    return path;
  }

  private static Path directory(String text) {
    Path path = path(text);
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          "unable to add filesystem watch for file " + text + "/: No such file or directory");
    }
    return path;
  }

  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("path: value length must be at least 1 characters");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' is not a path: " + e.getReason(), e);
    }
  }
}
