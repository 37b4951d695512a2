package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/**
 * An address that neither accepts nor refuses: a listening socket whose backlog is full, so that
 * the kernel drops every further SYN. No root is needed.
 */
public final class SilentAddress implements AutoCloseable {
  private static final int MOST_FILLERS = 32;
  private static final int SILENCE_MILLIS = 200;

  private final ServerSocket server;
  private final List<Socket> fillers = new ArrayList<>();
  private final List<Socket> accepted = new CopyOnWriteArrayList<>();

  private SilentAddress(ServerSocket server) {
    this.server = server;
  }

  /** On a loopback address, with an ephemeral port. */
  public static SilentAddress open(String address) {
    return open(address, 0);
  }

  /** On a loopback address and this port. */
  public static SilentAddress open(String address, int port) {
    try {
      SilentAddress silent =
          new SilentAddress(new ServerSocket(port, 1, InetAddress.getByName(address)));
      silent.fill();
      return silent;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fill() throws IOException {
    while (fillers.size() < MOST_FILLERS) {
      Socket filler = new Socket();
      try {
        filler.connect(address(), SILENCE_MILLIS);
        fillers.add(filler);
      } catch (SocketTimeoutException e) {
        filler.close();
        return;
      }
    }
    close();
    throw new IOException("the backlog does not fill up: this kernel keeps accepting");
  }

  /**
   * Accepts from now on, and answers nothing; the kernel then lets a waiting client in when its SYN
   * comes again, a second after the first one.
   *
   * @return the {@link System#nanoTime()} of every connection that was not one of those that filled
   *     the backlog
   */
  public List<Long> speak() {
    List<Long> arrivals = new CopyOnWriteArrayList<>();
    Set<SocketAddress> ours =
        fillers.stream().map(Socket::getLocalSocketAddress).collect(Collectors.toSet());
    Thread thread =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try {
                  Socket socket = server.accept();
                  if (!ours.contains(socket.getRemoteSocketAddress())) {
                    arrivals.add(System.nanoTime());
                  }
                  accepted.add(socket);
                } catch (IOException e) {
                  // Closed: the loop ends.
                }
              }
            },
            "silent-address");
    thread.setDaemon(true);
    thread.start();
    return arrivals;
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  @Override
  public void close() throws IOException {
    for (Socket filler : fillers) {
      filler.close();
    }
    for (Socket socket : accepted) {
      socket.close();
    }
    server.close();
  }
}
