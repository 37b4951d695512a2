package io.bifocal.dataplane.listener.initial;

import static io.bifocal.dataplane.listener.initial.InitialPackets.HELLO;
import static io.bifocal.dataplane.listener.initial.InitialPackets.hex;
import static io.bifocal.dataplane.listener.initial.InitialPackets.packet;
import static io.bifocal.dataplane.listener.initial.InitialPackets.part;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.listener.initial.Hellos.Greeting;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Hellos, in however many datagrams. */
class HellosTest {
  private static final InetSocketAddress CLIENT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1234);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int END = HELLO.readableBytes();

  private final VirtualTime time = new VirtualTime();
  private final Hellos hellos = new Hellos(time);
  private final List<DatagramPacket> sent = new ArrayList<>();

  private @Nullable Greeting add(ByteBuf content) {
    DatagramPacket datagram = new DatagramPacket(content, CLIENT);
    sent.add(datagram);
    return hellos.add(Objects.requireNonNull(InitialPacket.of(content)), datagram, PATIENCE);
  }

  /** That nothing is waited for, and nothing kept. */
  private void nothingIsLeft() {
    assertThat(hellos.size()).isZero();
    assertThat(sent).allSatisfy(datagram -> assertThat(datagram.refCnt()).isZero());
  }

  private void greets(@Nullable Greeting found, DatagramPacket... with) {
    Greeting greeting = Objects.requireNonNull(found);
    assertThat(greeting.hello().serverName()).isEqualTo("example.com");
    assertThat(greeting.datagrams()).containsExactly(with);
    greeting.datagrams().forEach(DatagramPacket::release);
    nothingIsLeft();
    time.advance(PATIENCE.plusSeconds(1));
    nothingIsLeft();
  }

  @Test
  void mostComeInOne() {
    greets(add(packet(0, part(0, END))), sent.get(0));
  }

  @Test
  void othersComeInSeveralAndInAnyOrder() {
    assertThat(add(packet(1, part(200, END)))).isNull();
    assertThat(add(packet(2, hex("01"), part(100, 200)))).isNull();
    assertThat(hellos.has(Objects.requireNonNull(InitialPacket.of(packet(0))).name())).isTrue();
    Greeting greeting = add(packet(0, hex("02 00 00 00 00"), part(0, 60), part(50, 100)));
    greets(greeting, sent.get(0), sent.get(1), sent.get(2));
  }

  @Test
  void severalPacketsMayBeInOneDatagram() {
    ByteBuf both =
        Unpooled.wrappedBuffer(
            InitialPackets.sealed(InitialPackets.ID, 0, part(0, 100)),
            InitialPackets.sealed(InitialPackets.ID, 1, part(100, END)));
    greets(add(both), sent.get(0));
  }

  @Test
  void whatIsSentAgainIsKeptOnce() {
    assertThat(add(packet(0, part(0, 100)))).isNull();
    assertThat(add(packet(1, part(0, 100)))).isNull();
    assertThat(sent.get(1).refCnt()).isZero();
    greets(add(packet(2, part(100, END))), sent.get(0), sent.get(2));
  }

  @Test
  void whatIsForgedDoesNoHarm() {
    assertThat(add(packet(0, part(0, 100)))).isNull();
    ByteBuf forged = packet(1, part(100, END));
    assertThat(add(forged.setByte(600, forged.getByte(600) ^ 1))).isNull();
    greets(add(packet(2, part(100, END))), sent.get(0), sent.get(2));
  }

  @Test
  void nobodyIsWaitedForLong() {
    assertThat(add(packet(0, part(0, 100)))).isNull();
    time.advance(PATIENCE.minusSeconds(1));
    assertThat(hellos.size()).isOne();
    time.advance(Duration.ofSeconds(1));
    nothingIsLeft();
  }

  @Test
  void whatIsNoHelloIsNotKept() {
    add(packet(0, hex("1c 00 00 00"))); // the client is leaving
    nothingIsLeft();
    add(packet(0, hex("06 00 04 02000001"))); // another message
    nothingIsLeft();
    add(packet(0, hex("06 00 7fff"))); // a length that does not fit
    nothingIsLeft();
    add(packet(0)); // nothing
    nothingIsLeft();
    add(packet(0, hex("06 00 04 01ffffff"))); // too large a one
    nothingIsLeft();
    add(packet(0, hex("06 00 04 01000100"), hex("06 80004000 01 00"))); // far behind its end
    nothingIsLeft();
  }

  @Test
  void whoSpreadsAHelloTooThinIsNotHeard() {
    for (int i = 0; i <= Hellos.MOST_DATAGRAMS; i++) {
      assertThat(hellos.size()).isEqualTo(Math.min(i, 1));
      assertThat(add(packet(i, part(i, i + 1)))).isNull();
    }
    nothingIsLeft();
  }

  @Test
  void nothingIsKeptWhenTheSocketGoes() {
    add(packet(0, part(0, 100)));
    hellos.clear();
    nothingIsLeft();
    time.advance(PATIENCE);
    nothingIsLeft();
  }
}
