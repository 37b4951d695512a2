package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a proxy has written to a log by now. */
public final class AccessLogFile {
  private AccessLogFile() {}

  /** The lines that are whole: one may be seen before it is. None while there is no file. */
  public static List<String> lines(Path log) {
    try {
      if (!Files.exists(log)) {
        return List.of();
      }
      String written = Files.readString(log);
      return written.substring(0, written.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
