package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Address;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A TLS server of the JDK on a loopback address: shakes hands, and says no more. */
final class TlsServer implements AutoCloseable {
  private final SSLServerSocket server;

  TlsServer(X509Bundle certificate, String... alpn) throws Exception {
    this(certificate, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), alpn);
  }

  TlsServer(X509Bundle certificate, InetSocketAddress at, String... alpn) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(certificate.toKeyManagerFactory().getKeyManagers(), null, null);
    server =
        (SSLServerSocket)
            context.getServerSocketFactory().createServerSocket(at.getPort(), 16, at.getAddress());
    SSLParameters parameters = server.getSSLParameters();
    parameters.setApplicationProtocols(alpn);
    server.setSSLParameters(parameters);
    Thread thread = new Thread(this::serve, "tls-server");
    thread.setDaemon(true);
    thread.start();
  }

  static CertificateBuilder certificate(String name) {
    return new CertificateBuilder().ecp256().subject("CN=" + name).addSanDnsName(name);
  }

  int port() {
    return server.getLocalPort();
  }

  String address() {
    return Address.of(server.getLocalSocketAddress()).text();
  }

  private void serve() {
    while (!server.isClosed()) {
      try (SSLSocket client = (SSLSocket) server.accept()) {
        client.startHandshake();
        int unused = client.getInputStream().read();
      } catch (IOException e) {
        // The client has its own opinion of it.
      }
    }
  }

  /** A server that sends something of its own to whoever connects, and closes. */
  static ServerSocket saying(byte[] bytes) throws IOException {
    ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread thread =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                  int unused = client.getInputStream().read(new byte[4096]);
                  client.getOutputStream().write(bytes);
                } catch (IOException e) {
                  // As above.
                }
              }
            },
            "server");
    thread.setDaemon(true);
    thread.start();
    return server;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
