package io.bifocal.conformance.demo;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** An HTTP server that answers every request with the address it was asked on. */
public final class Backend implements AutoCloseable {
  private final HttpServer server;

  /** Listens on a free port of {@code ip}. */
  public Backend(InetAddress ip) throws IOException {
    server = HttpServer.create(new InetSocketAddress(ip, 0), 0);
    byte[] answer =
        ("hello from " + EndpointAddress.of(server.getAddress()).text() + "\n")
            .getBytes(StandardCharsets.UTF_8);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, answer.length);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(answer);
          }
        });
    server.start();
  }

  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
