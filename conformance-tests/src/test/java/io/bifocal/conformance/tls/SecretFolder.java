package io.bifocal.conformance.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** A folder of secrets as an orchestrator mounts it: all its files change by one link's swap. */
final class SecretFolder {
  private static final String CURRENT = "..data";

  private final Path folder;
  private int versions;

  SecretFolder(Path folder) {
    this.folder = folder;
  }

  Path path() {
    return folder;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** From now on these are its files, by name. */
  void put(Map<String, String> files) throws IOException {
    Path version = Files.createDirectories(folder.resolve("..v" + ++versions));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(version.resolve(file.getKey()), file.getValue());
      if (!Files.exists(file(file.getKey()))) {
        Files.deleteIfExists(file(file.getKey()));
        Files.createSymbolicLink(file(file.getKey()), Path.of(CURRENT, file.getKey()));
      }
    }
    Path next = Files.createSymbolicLink(folder.resolve("..next"), version.getFileName());
    Files.move(
        next,
        folder.resolve(CURRENT),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
