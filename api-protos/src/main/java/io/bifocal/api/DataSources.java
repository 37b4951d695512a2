package io.bifocal.api;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what an {@code envoy.config.core.v3.DataSource} stands for. */
public final class DataSources {
  private static final Logger log = LoggerFactory.getLogger(DataSources.class);

  private static final int MAX_BYTES = 64 << 20;

  // Where a configuration may come from by descriptor, and where none may otherwise.
  private static final String INHERITED = "/dev/fd/";
  private static final List<String> SYSTEM = List.of("/dev", "/proc", "/sys");

  private DataSources() {}

  /**
   * The bytes: written out, of a file, or of an environment variable; none of one that is not set.
   * Blocks while a file is read.
   *
   * @throws ConfigException in Envoy's words when there is no such file or variable; also when a
   *     file has more than 64 MiB
   */
  public static ByteString read(DataSource source) throws ConfigException {
    if (source.hasFilename() && source.hasWatchedDirectory()) {
      log.warn(
          "'{}': field 'watched_directory' is ignored: a file is read once, when it is configured",
          source.getFilename());
    }
    return readWatched(source);
  }

  /** The same for who watches {@code watched_directory}, and reads again. */
  public static ByteString readWatched(DataSource source) throws ConfigException {
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> source.getInlineStringBytes();
      case INLINE_BYTES -> source.getInlineBytes();
      case FILENAME -> file(source.getFilename());
      case ENVIRONMENT_VARIABLE -> variable(source.getEnvironmentVariable());
      case SPECIFIER_NOT_SET -> ByteString.EMPTY;
    };
  }

  /** How Envoy names the place in its errors: the file's name, or {@code <inline>}. */
  public static String name(DataSource source) {
    return source.hasFilename() ? source.getFilename() : "<inline>";
  }

  private static ByteString file(String name) throws ConfigException {
    try {
      Path path = Path.of(name);
      // A pipe would keep its reader waiting; one that was inherited is meant.
      if (!name.startsWith(INHERITED) && !isFile(path)) {
        throw new ConfigException("Invalid path: " + name);
      }
      try (InputStream file = Files.newInputStream(path)) {
        byte[] bytes = file.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new ConfigException("'%s' has more than %d bytes".formatted(name, MAX_BYTES));
        }
        return ByteString.copyFrom(bytes);
      }
    } catch (IOException | InvalidPathException e) {
      throw new ConfigException("Invalid path: " + name, e);
    }
  }

  /** Whether it is a regular file, and, as Envoy has it, none that tells of the system. */
  private static boolean isFile(Path path) throws IOException {
    return Files.isRegularFile(path) && SYSTEM.stream().noneMatch(path.toRealPath()::startsWith);
  }

  private static ByteString variable(String name) throws ConfigException {
    String value = System.getenv(name);
    if (value == null) {
      throw new ConfigException("Environment variable doesn't exist: " + name);
    }
    return ByteString.copyFromUtf8(value);
  }
}
