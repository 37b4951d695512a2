package io.bifocal.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The least HTTP/1.1 client: one connection for one request, closed after it. No threads, no pool,
 * nothing that could hide what the proxy does.
 */
public final class Http {
  private static final int TIMEOUT_MILLIS = 30_000;

  private Http() {}

  /** A response: status, the header block as it came, and the body. */
  public record Response(int status, String head, String body) {}

  /** GET, or an unchecked exception. */
  public static Response get(InetSocketAddress address, String path) {
    try {
      return exchange(address, "GET", path, Map.of(), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** GET from a host of that name, or an unchecked exception. */
  public static Response get(InetSocketAddress address, String host, String path) {
    try {
      return exchange(address, host, "GET", path, Map.of(), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** POST without a body. */
  public static Response post(InetSocketAddress address, String path) {
    try {
      return exchange(address, "POST", path, Map.of(), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Any request, its body sent in one go; or an unchecked exception. */
  public static Response request(
      InetSocketAddress address,
      String method,
      String path,
      Map<String, String> headers,
      String body) {
    return request(address, "conformance", method, path, headers, body);
  }

  /** A request to a host of that name with a body that may be empty. */
  public static Response request(
      InetSocketAddress address,
      String host,
      String method,
      String path,
      Map<String, String> headers,
      String body) {
    try {
      return exchange(address, host, method, path, headers, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** GET, or nothing when no whole response came. */
  public static Optional<Response> tryGet(InetSocketAddress address, String path) {
    try {
      return Optional.of(exchange(address, "GET", path, Map.of(), ""));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Response exchange(
      InetSocketAddress address,
      String method,
      String path,
      Map<String, String> headers,
      String body)
      throws IOException {
    return exchange(address, "conformance", method, path, headers, body);
  }

  private static Response exchange(
      InetSocketAddress address,
      String host,
      String method,
      String path,
      Map<String, String> headers,
      String body)
      throws IOException {
    try (Socket socket = new Socket()) {
      send(socket, address, host, method, path, headers, body);
      return answer(socket);
    }
  }

  /** The answers to the same GET so many times; the last is sent before one is waited for. */
  public static List<Response> getAtOnce(
      InetSocketAddress address, String path, List<Map<String, String>> headers) {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (Map<String, String> each : headers) {
        Socket socket = new Socket();
        sockets.add(socket);
        send(socket, address, "conformance", "GET", path, each, "");
      }
      List<Response> answers = new ArrayList<>();
      for (Socket socket : sockets) {
        answers.add(answer(socket));
      }
      return answers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      sockets.forEach(Http::close);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(
      Socket socket,
      InetSocketAddress address,
      String host,
      String method,
      String path,
      Map<String, String> headers,
      String body)
      throws IOException {
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(address, TIMEOUT_MILLIS);
    StringBuilder request = new StringBuilder();
    request.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
    request.append("host: ").append(host).append("\r\nconnection: close\r\n");
    headers.forEach((name, value) -> request.append(name + ": " + value + "\r\n"));
    request.append("content-length: ").append(body.length()).append("\r\n\r\n").append(body);
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Response answer(Socket socket) throws IOException {
    return parse(socket.getInputStream().readAllBytes());
  }

  private static Response parse(byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0 || text.length() < 12) {
      throw new IOException("no whole response: " + text);
    }
    String head = text.substring(0, end);
    String lower = head.toLowerCase(java.util.Locale.ROOT);
    String body = text.substring(end + 4);
    if (lower.contains("transfer-encoding: chunked")) {
      body = dechunk(body);
    }
    return new Response(Integer.parseInt(head.substring(9, 12)), head, utf8(body));
  }

  private static String utf8(String latin) {
    return new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static String dechunk(String body) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    int at = 0;
    while (true) {
      int line = body.indexOf("\r\n", at);
      if (line < 0) {
        throw new IOException("the last chunk is missing");
      }
      int size = Integer.parseInt(body.substring(at, line).split(";")[0].strip(), 16);
      if (size == 0) {
        return whole.toString(StandardCharsets.ISO_8859_1);
      }
      int start = line + 2;
      if (start + size > body.length()) {
        throw new IOException("a chunk is cut off");
      }
      whole.writeBytes(body.substring(start, start + size).getBytes(StandardCharsets.ISO_8859_1));
      at = start + size + 2;
    }
  }
}
