package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for whoever must know one before it listens, or must find its own again. They are below
 * those that the kernel gives to clients, so that no connection of anybody's takes one meanwhile.
 */
public final class Ports {
  private static final int LOWEST = 20_000;
  private static final int HIGHEST = 30_000;

  /** Tests that run at the same time get different ones. */
  private static final AtomicInteger next =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(HIGHEST - LOWEST));

  private Ports() {}

  /** A port that nobody has right now. */
  public static int free() {
    return inARow(1);
  }

  /** The first of so many ports that nobody has right now. */
  public static int inARow(int count) {
    for (int tries = 0; tries < 100; tries++) {
      int first = LOWEST + Math.floorMod(next.getAndAdd(count), HIGHEST - LOWEST);
      List<ServerSocket> taken = new ArrayList<>();
      try {
        for (int port = first; port < first + count; port++) {
          taken.add(new ServerSocket(port));
        }
        return first;
      } catch (IOException e) {
        // Somebody has one of them: elsewhere, then.
      } finally {
        taken.forEach(Ports::close);
      }
    }
    throw new AssertionError("no free ports");
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
