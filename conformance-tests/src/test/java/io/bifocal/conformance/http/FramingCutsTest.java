package io.bifocal.conformance.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.codec.ErrorAnswer;
import io.bifocal.dataplane.http.codec.Http1Options;
import io.bifocal.dataplane.http.codec.Http1ServerConnection;
import io.bifocal.dataplane.http.codec.RequestError;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestReceiver;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.codec.ServerConnection;
import io.bifocal.dataplane.http.codec.ServerEvents;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a stream of bytes is cut into pieces makes no difference to what is read in it. */
class FramingCutsTest {
  // Of what is longer not every cut is tried.
  private static final int SHORT = 700;

  static Stream<Framing> cases() {
    return Framing.all().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void cutsMakeNoDifference(Framing framing) {
    String bytes = framing.bytes();
    List<String> whole = read(bytes, bytes.length(), bytes.length());

    assertThat(whole).isNotEmpty();
    assertThat(read(bytes, 1, 1)).isEqualTo(whole);
    int step = bytes.length() <= SHORT ? 1 : bytes.length() / 50;
    for (int cut = 1; cut < bytes.length(); cut += step) {
      assertThat(read(bytes, cut, bytes.length())).as("cut at %s", cut).isEqualTo(whole);
    }
  }

  private static List<String> read(String bytes, int first, int step) {
    EmbeddedChannel channel = new EmbeddedChannel();
    Server server = new Server();
    Http1ServerConnection.on(channel, Http1Options.DEFAULT, server);
    int end = first;
    for (int at = 0; at < bytes.length() && channel.isOpen(); at = end, end += step) {
      end = Math.min(end, bytes.length());
      channel.writeInbound(Unpooled.copiedBuffer(bytes.substring(at, end), ISO_8859_1));
    }
    channel.finishAndReleaseAll();
    return server.heard;
  }

  /** Answers every request at its end, and writes down what it hears. */
  private static final class Server implements ServerEvents {
    final List<String> heard = new ArrayList<>();

    @Override
    public RequestReceiver onRequest(ResponseSender response) {
      return new Request(heard, response);
    }

    @Override
    public void onRefusedHead(String details) {
      throw new AssertionError("of HTTP/3");
    }

    @Override
    public ErrorAnswer onRequestError(RequestError error) {
      heard.add(error.toString());
      return new ErrorAnswer(error.status(), new DefaultHttpHeaders(), "", bytes -> {});
    }

    @Override
    public void onConnectionError() {}

    @Override
    public long delayedClose() {
      return 0;
    }

    @Override
    public void onCodec(ServerConnection codec) {}

    @Override
    public void onDelayedCloseTimeout() {}

    @Override
    public void onReadComplete() {}

    @Override
    public void onBytesRead(int count) {}

    @Override
    public void onBytesWritten(int count) {}

    @Override
    public void onIdle() {}

    @Override
    public void onClosed(boolean here) {}
  }

  private static final class Request implements RequestReceiver {
    private final List<String> heard;
    private final ResponseSender response;
    private final StringBuilder body = new StringBuilder();

    Request(List<String> heard, ResponseSender response) {
      this.heard = heard;
      this.response = response;
    }

    @Override
    public void onHead(RequestHead head, boolean end) {
      heard.add(head.method + " " + head.authority + head.path + " " + head.headers.entries());
      if (end) {
        answer();
      }
    }

    @Override
    public void onBody(ByteBuf data, boolean end) {
      body.append(data.toString(ISO_8859_1));
      data.release();
      if (end) {
        answer();
      }
    }

    @Override
    public void onTrailers(HttpHeaders trailers) {
      answer();
    }

    private void answer() {
      heard.add("'" + body + "'");
      response.writeHead(200, new DefaultHttpHeaders(), true);
      response.done();
      response.flush();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onReset(ResetReason reason) {
      heard.add(reason + " '" + body + "'");
    }

    @Override
    public void onWritabilityChanged(boolean writable) {}
  }
}
