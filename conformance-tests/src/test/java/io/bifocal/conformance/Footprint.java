package io.bifocal.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a subject holds at a moment, in bytes but for the last.
 *
 * @param heap in use after a collection; of Envoy all that its {@code /memory} tells
 * @param direct what Bifocal's buffers have outside the heap, in use or to be used again
 * @param resident what the system has given the process and not taken back
 * @param descriptors files and sockets that are open
 */
public record Footprint(long heap, long direct, long resident, long descriptors) {
  /** More than what is left after a collection varies by. */
  private static final long HEAP = 8 << 20;

  /** Where nothing leaks, buffers are used again: this grows by nothing at all. */
  private static final long DIRECT = 1 << 20;

  private static final long RESIDENT = 16 << 20;
  private static final int DESCRIPTORS = 20;

  /** Of now. */
  public static Footprint of(Subject subject, Proxy proxy) {
    Path process = Path.of("/proc", String.valueOf(proxy.program().pid()));
    if (subject == Subject.BIFOCAL) {
      collect(proxy.program().pid());
    }
    JsonObject memory = JsonParser.parseString(proxy.admin("/memory").body()).getAsJsonObject();
    boolean envoy = subject == Subject.ENVOY;
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      return new Footprint(
          envoy
              ? bytes(memory, "allocated")
              : bytes(memory, "heap_size") - bytes(memory, "pageheap_free"),
          envoy ? 0 : bytes(memory, "total_thread_cache"),
          resident(process),
          descriptors.count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long bytes(JsonObject memory, String field) {
    return Long.parseLong(memory.get(field).getAsString());
  }

  private static long resident(Path process) throws IOException {
    String line =
        Files.readAllLines(process.resolve("status")).stream()
            .filter(l -> l.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
  }

  /** What is held now is no more than it was before, as far as that can be told. */
  public void assertFlatSince(Footprint before, Subject subject) {
    assertThat(descriptors).as("descriptors").isLessThan(before.descriptors + DESCRIPTORS);
    if (subject == Subject.BIFOCAL) {
      assertThat(heap - before.heap).as("heap").isLessThan(HEAP);
      assertThat(direct - before.direct).as("direct memory").isLessThan(DIRECT);
      assertThat(resident - before.resident).as("resident").isLessThan(RESIDENT);
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
