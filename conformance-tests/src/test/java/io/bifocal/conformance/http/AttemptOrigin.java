package io.bifocal.conformance.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 upstream that does what the path says: {@code /503,reset,200} answers the first try
 * with 503, closes the connection of the second one and answers the third one. Which try it is, the
 * proxy says ({@code x-envoy-attempt-count}). An answer may carry headers: {@code 503;a=b}, also a
 * long one ({@code pad=1000}) or a number of them ({@code many=100}). In a header a bar stands for
 * a slash, and where it leads to a path of this kind, an exclamation mark for a bar and a tilde for
 * a semicolon.
 */
final class AttemptOrigin implements AutoCloseable {
  /** A request as it came, its body too; the headers can be asked for in any case. */
  record Seen(String method, String path, Map<String, String> headers, String body) {}

  private final ServerSocket server;
  private final String name;
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /**
   * On an ephemeral port.
   *
   * @param name what it says of itself in {@code x-origin}
   */
  AttemptOrigin(String name) {
    this.name = name;
    try {
      server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** Requests with this value of {@code x-case}. */
  List<Seen> seen(String wanted) {
    return seen.stream().filter(s -> wanted.equals(s.headers.get("x-case"))).toList();
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
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      for (Seen request = read(in); request != null && answer(socket, request); ) {
        request = read(in);
      }
    } catch (IOException | InterruptedException e) {
      // The peer went away.
    } finally {
      open.remove(socket);
    }
  }

  private @Nullable Seen read(BufferedReader in) throws IOException {
    String line = in.readLine();
    if (line == null) {
      return null;
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String h = in.readLine(); h != null && !h.isEmpty(); h = in.readLine()) {
      int colon = h.indexOf(':');
      headers.merge(
          h.substring(0, colon),
          h.substring(colon + 1).strip(),
          (one, more) -> one + " AND " + more);
    }
    char[] body = new char[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
    for (int at = 0; at < body.length; ) {
      int read = in.read(body, at, body.length - at);
      if (read < 0) {
        return null;
      }
      at += read;
    }
    String[] words = line.split(" ");
    Seen request = new Seen(words[0], words[1], headers, new String(body));
    seen.add(request);
    return request;
  }

  private boolean answer(Socket socket, Seen request) throws IOException, InterruptedException {
    String[] acts = request.path.substring(request.path.lastIndexOf('/') + 1).split(",");
    int attempt = Integer.parseInt(request.headers.getOrDefault("x-envoy-attempt-count", "1"));
    String act = acts[Math.min(attempt, acts.length) - 1];
    switch (act) {
      case "reset" -> {
        return false;
      }
      case "hang" -> Thread.sleep(3000);
      case "half" -> {
        write(socket, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        return false;
      }
      case "stall" -> {
        write(socket, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        Thread.sleep(3000);
      }
      case "both" ->
          write(
              socket,
              "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n4\r\nboth\r\n0\r\n\r\n");
      case "garbage" -> write(socket, "no HTTP at all\r\n\r\n");
      default -> {
        if (act.startsWith("slow")) {
          Thread.sleep(1500);
          act = act.substring(4);
        }
        reply(socket, act, attempt);
      }
    }
    return true;
  }

  private void reply(Socket socket, String act, int attempt) throws IOException {
    String[] parts = act.split(";");
    StringBuilder head = new StringBuilder("HTTP/1.1 " + parts[0] + " X\r\n");
    for (int i = 1; i < parts.length; i++) {
      if (parts[i].startsWith("pad=")) {
        head.append("x-pad: " + "a".repeat(Integer.parseInt(parts[i].substring(4))) + "\r\n");
      } else if (parts[i].startsWith("many=")) {
        for (int n = Integer.parseInt(parts[i].substring(5)); n > 0; n--) {
          head.append("x-" + n + ": 1\r\n");
        }
      } else {
        String field = parts[i].replaceFirst("=", ": ").replace('|', '/');
        head.append(field.replace('!', '|').replace('~', ';')).append("\r\n");
      }
    }
    String body = "try " + attempt;
    head.append("x-origin: ").append(name).append("\r\ncontent-length: ").append(body.length());
    write(socket, head + "\r\n\r\n" + body);
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "origin");
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
