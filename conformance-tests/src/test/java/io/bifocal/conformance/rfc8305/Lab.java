package io.bifocal.conformance.rfc8305;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.reflect.TypeToken;
import io.bifocal.conformance.Peers;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The wire lab of {@code conformance-tests/lab}: a program that holds two network namespaces and
 * the wire between them. Its times are those of {@link System#nanoTime()}.
 */
final class Lab implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;
  private static final Gson GSON = new Gson();

  /**
   * A packet from the near side.
   *
   * @param kind syn, again (the same SYN once more), fin, rst, or udp (a flow's first datagram)
   */
  record Packet(long at, String kind, String to, int port, String source, String action) {}

  /** A question to the DNS server: A or AAAA, by udp or tcp. */
  record Query(long at, String name, String type, String transport) {}

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;
  private final JsonObject hello;

  private Lab(Process process) {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.hello = read();
  }

  /** Skips the test when this machine cannot have a lab; fails it under {@code CI=true}. */
  static Lab open() {
    ProcessBuilder builder = new ProcessBuilder("python3", "-m", "wirelab");
    builder.directory(Peers.root().resolve("conformance-tests/lab").toFile());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Lab lab;
    try {
      lab = new Lab(builder.start());
    } catch (IOException e) {
      Peers.missing("no wire lab: " + e.getMessage());
      throw new UncheckedIOException(e);
    }
    if (lab.hello.has("missing")) {
      lab.close();
      Peers.missing("no wire lab: " + lab.hello.get("missing").getAsString());
    }
    return lab;
  }

  /** The command that runs the one behind it on the near side. */
  List<String> near() {
    return List.of("ip", "netns", "exec", said("near"));
  }

  /** This side's end of the link to the near side. */
  String hostAddress() {
    return said("host_address");
  }

  /** The near side's end of that link. */
  String nearAddress() {
    return said("near_address");
  }

  /** The far side's addresses of a family, {@code fours} or {@code sixes}. */
  List<String> addresses(String family) {
    return GSON.fromJson(hello.get(family), new TypeToken<List<String>>() {});
  }

  private String said(String what) {
    return hello.get(what).getAsString();
  }

  /**
   * What becomes of packets to an address; the delay is each way.
   *
   * @param protocol tcp, udp, or null for both
   */
  void rule(
      String address, int port, @Nullable String protocol, String action, double delayMillis) {
    ask(
        "rule",
        with(
            Map.of("address", address, "port", port, "action", action, "delay_ms", delayMillis),
            "protocol",
            protocol));
  }

  /** The command that runs the one behind it on the far side. */
  List<String> far() {
    return List.of("ip", "netns", "exec", said("far"));
  }

  /**
   * Listens on an address, or on all; {@code fields} are further ones of the request {@code serve}.
   */
  void serve(int port, @Nullable String address, Map<String, ?> fields) {
    ask("serve", with(with(fields, "port", port), "address", address));
  }

  /** What is answered for a name and type; {@code fields} are those of the request {@code dns}. */
  void dns(String name, String type, Map<String, ?> fields) {
    ask("dns", with(with(fields, "name", name), "type", type));
  }

  /** Forgets the packets and queries seen so far. */
  void clear() {
    ask("clear", Map.of());
  }

  /** What was sent to a port. */
  List<Packet> packets(int port) {
    List<Packet> seen =
        GSON.fromJson(
            ask("record", Map.of()).getAsJsonObject().get("seen"),
            new TypeToken<List<Packet>>() {});
    return seen.stream().filter(packet -> packet.port() == port).toList();
  }

  /** What the DNS server was asked about a name. */
  List<Query> queries(String name) {
    List<Query> seen = GSON.fromJson(ask("queries", Map.of()), new TypeToken<List<Query>>() {});
    return seen.stream().filter(query -> query.name().equals(name)).toList();
  }

  private static JsonObject with(Map<String, ?> fields, String name, @Nullable Object value) {
    JsonObject all = GSON.toJsonTree(fields).getAsJsonObject();
    all.add(name, GSON.toJsonTree(value));
    return all;
  }

  private static JsonObject with(JsonObject fields, String name, @Nullable Object value) {
    fields.add(name, GSON.toJsonTree(value));
    return fields;
  }

  private synchronized JsonElement ask(String what, Object fields) {
    JsonObject request = with(GSON.toJsonTree(fields).getAsJsonObject(), "do", what);
    try {
      requests.write(GSON.toJson(request) + "\n");
      requests.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    JsonObject response = read();
    if (response.has("error")) {
      throw new IllegalArgumentException(request + ": " + response.get("error").getAsString());
    }
    return response.get("result");
  }

  private JsonObject read() {
    try {
      String line = answers.readLine();
      if (line == null) {
        throw new IllegalStateException("the wire lab has ended: " + process);
      }
      return GSON.fromJson(line, JsonObject.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      requests.close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
