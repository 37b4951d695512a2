package io.bifocal.dataplane.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class QuicMailboxTest {
  private static final InetSocketAddress SOMEBODY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

  private final DefaultEventLoop loop = new DefaultEventLoop();
  private final List<Integer> read = new ArrayList<>();
  private final AtomicInteger completed = new AtomicInteger();
  private final QuicMailbox mailbox =
      new QuicMailbox(
          loop, packet -> read.add(packet.content().getInt(0)), completed::incrementAndGet);

  @AfterEach
  void stop() {
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private static DatagramPacket packet(int number) {
    return new DatagramPacket(Unpooled.copyInt(number), SOMEBODY);
  }

  private void settle() throws Exception {
    loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
    loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
  }

  @Test
  void whoIsBusyGetsThemInOrderAndNoMoreThanThereIsRoomFor() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    loop.execute(
        () -> {
          try {
            busy.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    for (int i = 0; i < QuicMailbox.MOST; i++) {
      assertThat(mailbox.put(packet(i))).isTrue();
    }
    assertThat(mailbox.put(packet(-1))).isFalse();
    busy.countDown();
    settle();
    assertThat(read).hasSize(QuicMailbox.MOST).isSorted().doesNotContain(-1);
    assertThat(completed).hasValue(1);

    assertThat(mailbox.put(packet(QuicMailbox.MOST))).isTrue();
    settle();
    assertThat(read).hasSize(QuicMailbox.MOST + 1);
  }
}
