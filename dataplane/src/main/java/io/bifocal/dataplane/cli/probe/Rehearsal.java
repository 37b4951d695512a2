package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.dns.Resolution;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.dns.SystemNameService;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A look-up and a race on this machine's loopback before those that count: what a JVM takes to load
 * its classes is no property of a target's addresses.
 */
final class Rehearsal {
  /** What a TLS server says to a client that it will not talk to (RFC 8446 section 6). */
  private static final byte[] HANDSHAKE_FAILURE = {21, 3, 3, 0, 2, 2, 40};

  /**
   * Where the flags of a DNS message are, and what they say of an unknown name (RFC 1035 4.1.1).
   */
  private static final int FLAGS = 2;

  private static final byte[] NO_SUCH_NAME = {(byte) 0x81, (byte) 0x83};
  private static final int MAX_QUERY = 512;

  private static final String NAME = "rehearsal.invalid";
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Workers workers;
  private final Rules rules;
  private final InetAddress loopback = InetAddress.getLoopbackAddress();

  Rehearsal(Workers workers, Rules rules) {
    this.workers = workers;
    this.rules = rules.withFamily(LookupFamily.ALL);
  }

  /**
   * Races to an address that refuses and to one that does not.
   *
   * @param transports of the race that counts
   */
  void race(boolean tls, Transports transports) throws InterruptedException {
    try (ServerSocket plain = new ServerSocket(0, 1, loopback);
        ServerSocket refusing = new ServerSocket(0, 1, loopback)) {
      race(plain, false, Transports.PLAIN);
      if (tls) {
        start(() -> refuse(refusing));
        race(refusing, true, transports);
      }
    } catch (IOException e) {
      // Nothing depends on it but the times of the first race.
    }
  }

  /** Looks up a name that does not exist. */
  void lookUp(SystemNameService names) throws InterruptedException {
    Loop loop = workers.get(0).loop();
    try (DatagramSocket server = new DatagramSocket(0, loopback)) {
      start(() -> deny(server));
      ResolverConfig config =
          new ResolverConfig.Client(
              List.of(new Address.Ip(loopback, server.getLocalPort())),
              Set.of(ResolverConfig.Option.NO_SEARCH),
              PATIENCE,
              1);
      CompletableFuture<Resolution> done = new CompletableFuture<>();
      loop.execute(
          () -> {
            var unused = names.resolver(config).resolve(NAME, LookupFamily.ALL, done::complete);
          });
      Resolution unused = Session.get(done);
    } catch (IOException e) {
      // As above.
    }
  }

  private static void deny(DatagramSocket server) {
    DatagramPacket packet = new DatagramPacket(new byte[MAX_QUERY], MAX_QUERY);
    try {
      while (true) {
        server.receive(packet);
        System.arraycopy(NO_SUCH_NAME, 0, packet.getData(), FLAGS, NO_SUCH_NAME.length);
        server.send(packet);
        packet.setLength(MAX_QUERY);
      }
    } catch (IOException closed) {
      // The rehearsal is over.
    }
  }

  private void race(ServerSocket server, boolean tls, Transports transports)
      throws IOException, InterruptedException {
    Prober prober =
        new Prober(
            workers,
            new Target(NAME, server.getLocalPort(), tls, cast(server)),
            rules,
            new GivenAddresses(workers.get(0).loop(), rules),
            transports,
            new Diagnosis(family -> true));
    Run unused = Session.get(prober.run());
  }

  private static void start(Runnable server) {
    Thread thread = new Thread(server, "bifocal-rehearsal");
    thread.setDaemon(true);
    thread.start();
  }

  private static void refuse(ServerSocket server) {
    try (Socket client = server.accept()) {
      if (client.getInputStream().read() >= 0) {
        client.getOutputStream().write(HANDSHAKE_FAILURE);
      }
    } catch (IOException e) {
      // The race ends with its time.
    }
  }

  /** One that nobody listens on, as somebody did until now, and one that somebody does. */
  private List<Address.Ip> cast(ServerSocket server) throws IOException {
    try (ServerSocket gone = new ServerSocket(0, 1, loopback)) {
      return List.of(
          new Address.Ip(loopback, gone.getLocalPort()),
          new Address.Ip(loopback, server.getLocalPort()));
    }
  }
}
