package io.bifocal.conformance.http;

import io.bifocal.conformance.Loopback;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP/1.1 upstream that reads strictly, remembers every request as it came, and answers by its
 * path: {@code Answers} has what for which.
 */
final class HearingUpstream implements AutoCloseable {
  private final ServerSocket server;
  private final Answers answers;
  private final List<Heard> heard = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** What is sent for a request, byte for byte; empty to close without an answer. */
  @FunctionalInterface
  interface Answers {
    String of(Heard request);
  }

  /** A request; its headers by lower-case name, several of one name joined by {@code " AND "}. */
  record Heard(String method, String path, Map<String, String> headers, String body) {}

  HearingUpstream(Answers answers) {
    this.answers = answers;
    try {
      server = new ServerSocket(0, 128, Loopback.v4(0).getAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  /** 200 and a word for everything. */
  static String ok(Heard request) {
    return "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** All requests since the last call. */
  List<Heard> takeHeard() {
    List<Heard> all = new ArrayList<>(heard);
    heard.removeAll(all);
    return all;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        daemon(() -> serve(socket));
      } catch (IOException e) {
        // Closed: the loop ends.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        Heard request = read(in);
        heard.add(request);
        String answer = answers.of(request);
        if (answer.isEmpty()) {
          return;
        }
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      // The peer went away.
    } finally {
      open.remove(socket);
    }
  }

  private static Heard read(InputStream in) throws IOException {
    String[] line = line(in).split(" ", 3);
    Map<String, String> headers = new TreeMap<>();
    for (String field = line(in); !field.isEmpty(); field = line(in)) {
      int colon = field.indexOf(':');
      headers.merge(
          field.substring(0, colon).toLowerCase(Locale.ROOT),
          field.substring(colon + 1).strip(),
          (one, two) -> one + " AND " + two);
    }
    return new Heard(line[0], line[1], headers, body(in, headers));
  }

  private static String body(InputStream in, Map<String, String> headers) throws IOException {
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      StringBuilder body = new StringBuilder();
      while (true) {
        int size = Integer.parseInt(line(in), 16);
        if (size == 0) {
          for (String field = line(in); !field.isEmpty(); field = line(in)) {
            body.append(" trailer ").append(field);
          }
          return body.toString();
        }
        body.append(exactly(in, size));
        line(in);
      }
    }
    return exactly(in, Integer.parseInt(headers.getOrDefault("content-length", "0")));
  }

  private static String exactly(InputStream in, int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException();
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        throw new EOFException();
      }
      line.write(read);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "hearing upstream");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
