package io.bifocal.dataplane.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.HalfClose;
import io.bifocal.dataplane.transport.TransportFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What users see of a connection, when its bytes come in the least convenient way. */
@ParameterizedClass(name = "{0}, {1}")
@MethodSource("cases")
@SuppressWarnings("FutureReturnValueIgnored") // seen in what is heard
class TlsStreamTest {
  private static final X509Bundle OWN = Authority.named("ca").issue(Authority.leaf("good.test"));

  private final EmbeddedChannel client = new EmbeddedChannel();
  private final EmbeddedChannel server = new EmbeddedChannel();
  private final StatsStore stats = new StatsStore(1);
  private final List<String> heard = new ArrayList<>();
  private final Future<?> ready;

  TlsStreamTest(TlsProvider provider, TlsVersion version) throws Exception {
    server
        .pipeline()
        .addLast(
            SslContextBuilder.forServer(OWN.toKeyManagerFactory())
                .protocols(version.text())
                .build()
                .newHandler(server.alloc()));
    client.config().setAutoRead(false);
    TlsSettings settings = TlsSettings.DEFAULT.withVersions(version, version);
    ready =
        UpstreamTls.of(settings, provider)
            .on(stats.root(), 1)
            .socket(ApplicationProtocol.OPAQUE, "")
            .start(client);
  }

  static Stream<Object[]> cases() {
    List<Object[]> cases = new ArrayList<>();
    for (TlsVersion version : List.of(TlsVersion.TLS_1_2, TlsVersion.TLS_1_3)) {
      cases.add(new Object[] {TlsProvider.JDK, version});
      if (OpenSsl.isAvailable()) {
        cases.add(new Object[] {TlsProvider.BORINGSSL, version});
      }
    }
    return cases.stream();
  }

  @AfterEach
  void nothingIsLeft() {
    server.finishAndReleaseAll();
    client.finishAndReleaseAll();
  }

  @Test
  void whatComesWithTheEndOfTheHandshakeIsKeptUntilSomebodyReads() {
    handshakeEndingWith("early");
    addUser();
    client.runPendingTasks();
    assertThat(heard).isEmpty();
    client.config().setAutoRead(true);
    client.runPendingTasks();
    assertThat(heard).containsExactly("early");
    say("later");
    assertThat(heard).containsExactly("early", "later");
  }

  @Test
  void theEndComesBehindWhatWasKept() {
    handshakeEndingWith("early");
    addUser();
    serverEnds();
    assertThat(heard).isEmpty();
    assertThat(client.isOpen()).isTrue();
    client.config().setAutoRead(true);
    client.runPendingTasks();
    client.runPendingTasks();
    assertThat(heard).containsExactly("early", "closed");
  }

  @Test
  void aSocketThatClosesHandsOutWhatWasKept() {
    handshakeEndingWith("early");
    addUser();
    client.close();
    assertThat(heard).containsExactly("early", "closed");
  }

  @Test
  void whatNobodyReadsIsReleased() {
    handshakeEndingWith("early");
    assertThat(ready.isSuccess()).isTrue();
    // the leak detector looks at the rest
  }

  @Test
  void aCloseNotifyClosesAndIsAnsweredWithOne() {
    handshakeEndingWith("");
    addUser();
    client.config().setAutoRead(true);
    say("last words");
    serverEnds();
    client.runPendingTasks();
    assertThat(heard).containsExactly("last words", "closed");
    assertThat(client.isOpen()).isFalse();
    pump(client, server);
    assertThat(server.pipeline().get(SslHandler.class).engine().isInboundDone()).isTrue();
  }

  @Test
  void aMereFinEndsTheInputOnly() {
    handshakeEndingWith("");
    addUser();
    client.config().setAutoRead(true);
    client.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(heard).containsExactly("end of input");
    client.writeOutbound(Unpooled.copiedBuffer("still", StandardCharsets.UTF_8));
    pump(client, server);
    assertThat(text(server.readInbound())).isEqualTo("still");
  }

  @Test
  void theOutputEndsAloneAndTheInputGoesOn() {
    handshakeEndingWith("");
    addUser();
    client.config().setAutoRead(true);
    client.writeOutbound(Unpooled.copiedBuffer("request", StandardCharsets.UTF_8));
    HalfClose.endOutput(client);
    assertThat(HalfClose.bothEnded(client)).isFalse();
    say("answer");
    assertThat(heard).containsExactly("answer");
    assertThat(client.isOpen()).isTrue();
    pump(client, server);
    assertThat(text(server.readInbound())).isEqualTo("request");
    assertThat(server.pipeline().get(SslHandler.class).engine().isInboundDone()).isTrue();
    client.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(heard).containsExactly("answer", "end of input");
    assertThat(HalfClose.bothEnded(client)).isTrue();
  }

  @Test
  void thePeersCloseNotifyBehindOursEndsAll() {
    handshakeEndingWith("");
    addUser();
    client.config().setAutoRead(true);
    HalfClose.endOutput(client);
    say("answer");
    say("more");
    assertThat(heard).containsExactly("answer", "more");
    serverEnds();
    client.runPendingTasks();
    assertThat(heard).containsExactly("answer", "more", "closed");
    assertThat(HalfClose.bothEnded(client)).isTrue();
  }

  @Test
  void brokenBytesAreAnsweredWithAnAlertAndEndBothSides() {
    handshakeEndingWith("");
    addUser();
    client.config().setAutoRead(true);
    client.writeInbound(Unpooled.wrappedBuffer(new byte[] {23, 3, 3, 0, 32}, new byte[32]));
    client.runPendingTasks();
    assertThat(heard)
        .as("at once, for the peer may say no more")
        .containsExactly("broken", "closed");
    assertThat(TransportFailure.of(client)).startsWith("TLS_error:|");
    heard.clear();
    server.pipeline().addLast(new User());
    pump(client, server);
    server.runPendingTasks();
    assertThat(server.isOpen()).isFalse();
    assertThat(heard).contains("broken", "closed");
  }

  // ----

  /** The server's last flight and {@code text} come in one piece. */
  private void handshakeEndingWith(String text) {
    SslHandler ssl = server.pipeline().get(SslHandler.class);
    for (int i = 0; i < 10 && !ssl.handshakeFuture().isDone(); i++) {
      pump(client, server);
      if (!ssl.handshakeFuture().isDone()) {
        pump(server, client);
      }
    }
    assertThat(ssl.handshakeFuture().isSuccess()).isTrue();
    if (!text.isEmpty()) {
      server.writeOutbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }
    pump(server, client);
    assertThat(ready.isSuccess()).isTrue();
  }

  private void say(String text) {
    server.writeOutbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    pump(server, client);
  }

  private void serverEnds() {
    server.pipeline().get(SslHandler.class).closeOutbound();
    server.runPendingTasks();
    pump(server, client);
  }

  private static void pump(EmbeddedChannel from, EmbeddedChannel to) {
    from.runPendingTasks();
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf some = from.readOutbound(); some != null; some = from.readOutbound()) {
      all.writeBytes(some);
      some.release();
    }
    if (all.isReadable() && to.isOpen()) {
      to.writeInbound(all);
    } else {
      all.release();
    }
  }

  private void addUser() {
    client.pipeline().addLast(new User());
  }

  private static String text(ByteBuf bytes) {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.release();
    return text;
  }

  private final class User extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      heard.add(text((ByteBuf) message));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      heard.add(event == ChannelInputShutdownEvent.INSTANCE ? "end of input" : event.toString());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      heard.add("closed");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      heard.add("broken");
    }
  }
}
