package io.bifocal.conformance;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Servers of HTTP/3 that are not ours: {@code peers/python/http3_upstream.py}. */
public final class Http3Upstream implements AutoCloseable {
  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;

  private Http3Upstream(Process process) {
    this.process = process;
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts it, without a server yet.
   *
   * @param before the command that runs the one behind it somewhere else; or empty
   */
  public static Http3Upstream start(List<String> before, Path certificate, Path key) {
    return start("http3_upstream.py", before, certificate, key);
  }

  /** The same, which do as well what servers seldom do: {@code peers/python/http3_unruly.py}. */
  public static Http3Upstream unruly(Path certificate, Path key) {
    return start("http3_unruly.py", List.of(), certificate, key);
  }

  private static Http3Upstream start(
      String program, List<String> before, Path certificate, Path key) {
    List<String> command = new ArrayList<>(before);
    command.add(Peers.require("aioquic").toString());
    command.add(Peers.root().resolve("conformance-tests/peers/python").resolve(program).toString());
    command.add(certificate.toString());
    command.add(key.toString());
    try {
      return new Http3Upstream(
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Listens; the port, which is any free one for 0. */
  public int serve(String address, int port) {
    return serve(address, port, "");
  }

  /**
   * The same.
   *
   * @param options of {@code http3_upstream.py}
   */
  public synchronized int serve(String address, int port, String options) {
    try {
      requests.write(address + " " + port + " " + options + "\n");
      requests.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new IllegalStateException("no server at " + address + ", port " + port);
      }
      return Integer.parseInt(answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stands still from now on, whatever comes. */
  public void freeze() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid())).start().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
