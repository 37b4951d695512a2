package io.bifocal.dataplane.listener;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.worker.Worker;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Datagrams for one worker that come in at another one's socket. */
class DatagramsBetweenWorkersTest {
  private static final InetAddress HERE = InetAddresses.forString("127.0.0.1");
  private static final int SOCKETS = 32; // the kernel deals by their ports
  private static final int AT_ONCE = 4;

  private final ListenerFixture proxy = new ListenerFixture().started();
  private final List<DatagramSocket> clients = new ArrayList<>();
  private int sent;

  @AfterEach
  void close() {
    clients.forEach(DatagramSocket::close);
    proxy.close();
  }

  @Test
  void soManyWaitForAWorkerThatStandsStillAndTheRestIsDroppedAndCounted() throws Exception {
    int port = listen();
    for (int i = 0; i < SOCKETS; i++) {
      clients.add(new DatagramSocket(0, HERE));
    }
    Worker still = proxy.workers.get(0);
    CountDownLatch goesOn = new CountDownLatch(1);
    still.loop().execute(() -> awaitQuietly(goesOn));
    while (dropped() == 0) {
      assertThat(sent).as("datagrams for a worker that takes none").isLessThan(1_000_000);
      send(port);
      pass(proxy.workers.get(1));
    }
    assertThat(sent).isGreaterThan(QuicMailbox.MOST);

    goesOn.countDown();
    pass(still);
    pass(still);
    long before = dropped();
    send(port);
    pass(proxy.workers.get(1));
    pass(still);
    assertThat(dropped()).as("there is room again").isEqualTo(before);
  }

  private int listen() throws Exception {
    int port = QuicGreeter.listen(proxy, "");
    for (Worker worker : List.of(proxy.workers.get(0), proxy.workers.get(1))) {
      pass(worker); // the options are in use
    }
    return port;
  }

  /** From each socket some packets with a short header, for a connection of the first worker's. */
  private void send(int port) throws Exception {
    for (DatagramSocket client : clients) {
      for (int i = 0; i < AT_ONCE; i++) {
        ByteBuffer packet = ByteBuffer.allocate(1 + QuicIds.LENGTH + 20);
        packet.put((byte) 0x40).put(new QuicIds(0, 0).newId(QuicIds.LENGTH));
        client.send(new DatagramPacket(packet.array(), packet.capacity(), HERE, port));
        sent++;
      }
    }
  }

  /** The worker has been round. */
  private static void pass(Worker worker) throws InterruptedException {
    CountDownLatch passed = new CountDownLatch(1);
    worker.loop().execute(() -> worker.loop().execute(passed::countDown));
    assertThat(passed.await(20, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long dropped() {
    return proxy.stats.counters().stream()
        .filter(counter -> counter.name().full().endsWith(".quic.datagrams_dropped"))
        .mapToLong(Counter::value)
        .sum();
  }
}
