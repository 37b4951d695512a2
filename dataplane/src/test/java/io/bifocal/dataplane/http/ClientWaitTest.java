package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.Http2ServerStats;
import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.codec.StreamWait;
import io.bifocal.dataplane.http.router.RouterStats;
import io.bifocal.dataplane.http.router.RouterWorker;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.WireBytes;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a client's stream may take before there is a request, and after its answer. */
class ClientWaitTest {
  private static final String ALL =
      "request_headers_timeout: 2s\nrequest_timeout: 5s\nstream_idle_timeout: 3s";

  private final HttpBench bench = new HttpBench();
  private final VirtualTime time = new VirtualTime();
  private final List<String> heard = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @ParameterizedTest
  @CsvSource({
    "request_headers_timeout: 2s, 408 request header timeout, request_header_timeout,"
        + " downstream_rq_header_timeout",
    "request_timeout: 2s, 408 request timeout, request_overall_timeout, downstream_rq_timeout",
    "stream_idle_timeout: 2s, 408 stream timeout, stream_idle_timeout, downstream_rq_idle_timeout",
  })
  void aHeadThatIsNotWholeInTimeIsAnsweredCountedAndLoggedOnce(
      String timeout, String answer, String details, String counter) throws Exception {
    String others = "request_headers_timeout: 0s\nrequest_timeout: 0s\nstream_idle_timeout: 0s";
    String name = timeout.substring(0, timeout.indexOf(':'));
    StreamWait unused = head(others.replaceFirst(name + ": 0s", timeout));
    advance(1999);
    assertThat(heard).isEmpty();
    advance(1);
    assertThat(heard).containsExactly(answer);
    assertThat(bench.counter("http.p." + counter)).isEqualTo(1);
    StreamInfo logged = bench.logged.remove();
    assertThat(logged.responseCode).isEqualTo(408);
    assertThat(logged.responseCodeDetails).isEqualTo(details);
    assertThat(logged.endNanos - logged.startNanos).isEqualTo(Duration.ofSeconds(2).toNanos());
    advance(3_600_000);
    assertThat(heard).hasSize(1);
    assertThat(bench.logged).isEmpty();
  }

  @Test
  void whatComesOfAHeadPutsOffItsIdlenessAlone() throws Exception {
    StreamWait wait = head(ALL.replace("headers_timeout: 2s", "headers_timeout: 0s"));
    for (int i = 0; i < 4; i++) {
      advance(1200);
      wait.moved();
    }
    assertThat(heard).isEmpty();
    advance(200);
    assertThat(heard).as("the request had 5 s").containsExactly("408 request timeout");
  }

  @Test
  void theFirstOfSeveralTimesIsTheOneThatIsTold() throws Exception {
    StreamWait unused = head(ALL);
    advance(60_000);
    assertThat(heard).containsExactly("408 request header timeout");
    assertThat(bench.counter("http.p.downstream_rq_idle_timeout")).isZero();
    assertThat(bench.counter("http.p.downstream_rq_timeout")).isZero();
  }

  @Test
  void whatIsWholeInTimeIsNotWaitedFor() throws Exception {
    StreamWait wait = head(ALL);
    advance(1999);
    wait.over();
    wait.moved(); // what comes then is the request's
    wait.over();
    assertThat(time.pendingTimers()).isZero();
    advance(60_000);
    assertThat(heard).isEmpty();
  }

  @Test
  void anAnswerThatIsNotTakenIsGivenUpWhenNothingMovesForTooLong() throws Exception {
    StreamWait wait = connection(ALL).onAnswerUntaken(() -> heard.add("given up"));
    for (int i = 0; i < 10; i++) {
      advance(2999); // longer than a request may take altogether
      wait.moved();
    }
    assertThat(heard).isEmpty();
    advance(3000);
    assertThat(heard).containsExactly("given up");
    assertThat(bench.counter("http.p.downstream_rq_idle_timeout")).isEqualTo(1);
    assertThat(bench.counter("http.p.downstream_rq_total")).as("no request of its own").isZero();
    advance(60_000);
    assertThat(heard).hasSize(1);
    assertThat(bench.logged).isEmpty();
  }

  private void advance(int millis) {
    time.advance(Duration.ofMillis(millis));
  }

  private StreamWait head(String timeouts) throws Exception {
    return connection(timeouts).onHeadAwaited(new Answer());
  }

  private HttpConnection connection(String timeouts) throws Exception {
    ConnectionManager manager =
        (ConnectionManager) bench.make(HttpBench.manager("[]", timeouts), bench.init);
    Worker worker = new Worker(1, bench.worker.eventLoop(), time);
    Scope root = bench.stats.root();
    Scope scope = HttpStats.scope(root, "p");
    HttpStats stats = new HttpStats(scope, root.scope("listener"), worker.shard());
    RouterWorker router =
        new RouterWorker(
            time,
            bench.clusters,
            manager.router(),
            new RouterStats(stats.resetAfterStart),
            worker.shard(),
            RuntimeReader.NONE);
    HttpWorker here =
        new HttpWorker(
            worker,
            bench.clusters,
            stats,
            new Http2ServerStats(root.scope("http2"), worker.shard()),
            new UnderscoreStats(root, worker.shard()),
            router,
            RuntimeReader.NONE,
            null,
            null);
    StreamInfo accepted = new StreamInfo();
    accepted.downstreamRemote = new Address.Ip(InetAddresses.forString("::1"), 1);
    accepted.downstreamLocal = new Address.Ip(InetAddresses.forString("::1"), 2);
    return new HttpConnection(manager, here, new DownstreamConnection(accepted, true, 1 << 20));
  }

  /** Hears of a whole answer, its status and its body. */
  private final class Answer implements ResponseSender {
    private String said = "";

    @Override
    public WireBytes bytes() {
      return WireBytes.NONE;
    }

    @Override
    public Protocol protocol() {
      return Protocol.HTTP_3;
    }

    @Override
    public void writeInformational(int status, HttpHeaders headers) {
      throw new AssertionError("nothing goes before it");
    }

    @Override
    public void writeHead(int status, HttpHeaders headers, boolean end) {
      assertThat(end).isFalse();
      said = String.valueOf(status);
    }

    @Override
    public void writeBody(ByteBuf data, boolean end) {
      assertThat(end).isTrue();
      said += " " + data.toString(StandardCharsets.UTF_8);
      data.release();
    }

    @Override
    public void writeTrailers(HttpHeaders trailers) {
      throw new AssertionError("it has none");
    }

    @Override
    public void flush() {
      heard.add(said);
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void readRequest(boolean on) {}

    @Override
    public void closeAfterwards() {
      throw new AssertionError("others are on the connection");
    }

    @Override
    public void reset() {
      throw new AssertionError("it is answered");
    }
  }
}
