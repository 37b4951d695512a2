package io.bifocal.conformance.faults;

import com.google.gson.JsonParser;
import io.bifocal.conformance.Proxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** What a subject's heap holds after a collection. */
final class Heap {
  private Heap() {}

  static long bytes(Proxy proxy) {
    try {
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      int exit =
          new ProcessBuilder(jcmd, String.valueOf(proxy.program().pid()), "GC.run")
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
    return Long.parseLong(
        JsonParser.parseString(proxy.admin("/memory").body())
            .getAsJsonObject()
            .get("allocated")
            .getAsString());
  }
}
