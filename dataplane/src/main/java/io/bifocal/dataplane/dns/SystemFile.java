package io.bifocal.dataplane.dns;

import io.bifocal.xds.time.Loop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small file of the system's, read again when it has changed: networks change while a proxy runs.
 * It is looked at once a second at most. Belongs to one loop, which stops for as long as such a
 * file takes to read.
 */
final class SystemFile<T> {
  private static final Logger log = LoggerFactory.getLogger(SystemFile.class);

  /** How two versions of a file are told apart. */
  private record Version(FileTime modified, long size, @Nullable Object key) {}

  private static final long FRESH = Duration.ofSeconds(1).toNanos();

  private final Loop loop;
  private final Path path;
  private final Function<List<String>, T> parser;
  private final T absent;
  private @Nullable Version version;
  private T content;
  private long looked;
  private boolean fresh;

  /**
   * @param absent what there is when the file cannot be read
   */
  SystemFile(Loop loop, Path path, Function<List<String>, T> parser, T absent) {
    this.loop = loop;
    this.path = path;
    this.parser = parser;
    this.absent = absent;
    this.content = absent;
  }

  T read() {
    long now = loop.nanoTime();
    if (!fresh || now - looked > FRESH) {
      fresh = true;
      looked = now;
      look();
    }
    return content;
  }

  private void look() {
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class);
      Version now =
          new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
      if (!now.equals(version)) {
        content = parser.apply(Files.readAllLines(path, StandardCharsets.ISO_8859_1));
        version = now;
      }
    } catch (IOException e) {
      if (version != null) {
        log.warn("{} cannot be read any longer: {}", path, e.toString());
      }
      version = null;
      content = absent;
    }
  }
}
