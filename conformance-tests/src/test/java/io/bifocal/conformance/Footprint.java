package io.bifocal.conformance;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a subject holds at a moment.
 *
 * @param allocated bytes in use as its {@code /memory} tells, after a collection where it has one
 * @param descriptors files and sockets that are open
 */
public record Footprint(long allocated, long descriptors) {
  /** Of now. */
  public static Footprint of(Subject subject, Proxy proxy) {
    Path process = Path.of("/proc", String.valueOf(proxy.program().pid()));
    if (subject == Subject.BIFOCAL) {
      collect(proxy.program().pid());
    }
    long allocated =
        Long.parseLong(
            JsonParser.parseString(proxy.admin("/memory").body())
                .getAsJsonObject()
                .get("allocated")
                .getAsString());
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      return new Footprint(allocated, descriptors.count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void collect(long pid) {
    try {
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      int exit =
          new ProcessBuilder(jcmd, String.valueOf(pid), "GC.run")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (exit != 0) {
        throw new AssertionError("jcmd ended with " + exit);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
