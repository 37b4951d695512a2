package io.bifocal.conformance.faults;

import io.bifocal.conformance.Loopback;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** The wire between a subject and its control plane, which can be cut, frozen or slow. */
final class Wire implements AutoCloseable {
  private static final int NEVER = Integer.MAX_VALUE;

  private final ServerSocket entrance;
  private final int exit;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private int leftToTheCut = NEVER;
  private volatile boolean slow;
  private volatile int frozen;

  /** To this port on 127.0.0.1. */
  Wire(int exit) {
    this.exit = exit;
    try {
      entrance = new ServerSocket();
      entrance.bind(Loopback.v4(0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  int port() {
    return entrance.getLocalPort();
  }

  /** How many connections there have been. */
  int connections() {
    return connections.get();
  }

  /**
   * Ends the connection, without a word, when so many bytes more came from the control plane. What
   * it says meanwhile is said before anything of that has passed: a ping does not cut it earlier.
   */
  synchronized void cutAfter(int bytes, Runnable said) {
    said.run();
    leftToTheCut = bytes;
  }

  /** From now on each byte from the control plane is on its own, and a millisecond apart. */
  void slow(boolean slow) {
    this.slow = slow;
  }

  /**
   * From now on nothing passes over the connections that there are; both sides think them whole.
   */
  void freeze() {
    frozen = connections.get();
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket near = entrance.accept();
        Socket far = new Socket();
        sockets.add(near);
        sockets.add(far);
        far.connect(Loopback.v4(exit));
        near.setTcpNoDelay(true);
        int number = connections.incrementAndGet();
        daemon(() -> carry(near, far, number, false));
        daemon(() -> carry(far, near, number, true));
      } catch (IOException e) {
        // Closed, or nobody is at the other end: whoever dialled hears of it.
        closeAll();
      }
    }
  }

  private void carry(Socket from, Socket to, int number, boolean down) {
    byte[] buffer = new byte[16 * 1024];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int read = in.read(buffer);
      while (read >= 0) {
        if (number <= frozen) {
          awaitTheEnd(in, buffer);
          return;
        }
        int allowed = down ? takeOff(read) : read;
        pass(out, buffer, allowed, down && slow);
        if (allowed < read) {
          return;
        }
        read = in.read(buffer);
      }
    } catch (IOException e) {
      // One side is gone; the other one goes too.
    }
  }

  /** What passes before the cut. */
  private synchronized int takeOff(int read) {
    if (leftToTheCut == NEVER) {
      return read;
    }
    int left = leftToTheCut;
    leftToTheCut = left >= read ? left - read : NEVER;
    return Math.min(left, read);
  }

  private static void pass(OutputStream out, byte[] buffer, int length, boolean slowly)
      throws IOException {
    if (!slowly) {
      out.write(buffer, 0, length);
      return;
    }
    for (int i = 0; i < length; i++) {
      out.write(buffer[i]);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private static void awaitTheEnd(InputStream in, byte[] buffer) throws IOException {
    while (in.read(buffer) >= 0) {
      // It vanishes.
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "wire");
    thread.setDaemon(true);
    thread.start();
  }

  private void closeAll() {
    sockets.forEach(
        socket -> {
          try {
            socket.close();
          } catch (IOException e) {
            // It was about to go anyway.
          }
        });
    sockets.clear();
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    closeAll();
  }
}
