package io.bifocal.dataplane.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A layer's values in files: their paths are the keys, with dots for slashes. Lines that begin with
 * {@code #} are comments.
 */
final class DiskFiles {
  private static final int MAX_DEPTH = 16;
  private static final int MAX_FILES = 10_000;
  private static final long MAX_BYTES = 1 << 20;

  private final SortedMap<String, RuntimeValue> values = new TreeMap<>();

  private DiskFiles() {}

  /**
   * Reads all of it.
   *
   * @return null when there is no such directory
   * @throws IOException when something cannot be read, is too large, too deep or too much
   */
  static @Nullable RuntimeLayer read(String name, Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return null;
    }
    DiskFiles files = new DiskFiles();
    files.walk(directory, "", 1);
    return new RuntimeLayer(name, files.values);
  }

  private void walk(Path directory, String prefix, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("Walk recursion depth exceeded " + MAX_DEPTH);
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String key = prefix + entry.getFileName();
        if (Files.isDirectory(entry)) {
          walk(entry, key + ".", depth + 1);
        } else if (Files.isRegularFile(entry)) {
          put(key, entry);
        }
      }
    }
  }

  private void put(String key, Path file) throws IOException {
    if (values.size() == MAX_FILES) {
      throw new IOException("more than " + MAX_FILES + " files");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    values.put(key, RuntimeValue.of(text(Files.readAllBytes(file))));
  }

  // Empty lines go, and the blanks at the very end.
  private static String text(byte[] bytes) {
    List<String> lines = new ArrayList<>();
    for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n", -1)) {
      if (!line.isEmpty()) {
        lines.add(line);
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.startsWith("#")) {
        text.append(i == lines.size() - 1 ? line.stripTrailing() : line + "\n");
      }
    }
    return text.toString();
  }
}
