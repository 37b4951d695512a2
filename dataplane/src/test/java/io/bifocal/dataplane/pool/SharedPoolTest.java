package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.codec.ClientConnection;
import io.bifocal.dataplane.http.codec.FramePeer;
import io.bifocal.dataplane.http.codec.Http2ClientConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool whose connections are shared, with real HTTP/2 on them, in virtual time. */
class SharedPoolTest {
  private final PoolBench bench = new PoolBench(CircuitBreakers.defaults());

  @BeforeEach
  void share() {
    bench.share(Http2ClientConnection.SESSIONS, Http2Options.DEFAULT);
  }

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
    bench.network.connected().forEach(EmbeddedChannel::finishAndReleaseAll);
  }

  private static Http2Options streams(int most) {
    return new Http2Options(most, 65535, 65535, 4096, 1000, 1, false, Http2Options.KeepAlive.NONE);
  }

  private FramePeer peer(int connection) {
    return new FramePeer(bench.network.connected().get(connection));
  }

  private List<EmbeddedChannel> up() {
    return bench.network.connected();
  }

  @Test
  void aHundredFirstRequestsStartOneRace() {
    List<PoolBench.Asker> askers = Stream.generate(bench::ask).limit(100).toList();
    assertThat(bench.network.dialled()).hasSize(1);
    bench.time.run();
    assertThat(askers).allSatisfy(asker -> assertThat(asker.connection).isNotNull());
    assertThat(up()).hasSize(1);
    assertThat(bench.counters())
        .containsEntry("upstream_cx_total", 1L)
        .containsEntry("upstream_cx_http2_total", 1L)
        .containsEntry("upstream_rq_pending_total", 100L)
        .doesNotContainKey("upstream_cx_http1_total");
    askers.forEach(asker -> asker.ready().release());
  }

  @Test
  void whoAsksWhileThereIsRoomIsServedAtOnce() {
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.ask();
    assertThat(two.ready()).isNotSameAs(one.ready());
    assertThat(two.ready().channel()).isSameAs(one.ready().channel());
    one.ready().release();
    two.ready().discard();
    assertThat(up().get(0).isOpen()).as("a use was given up, not the connection").isTrue();
  }

  @Test
  void moreThanOneConnectionCarriesNeedMore() {
    bench.share(Http2ClientConnection.SESSIONS, streams(2));
    List<Request> requests = Stream.generate(Request::new).limit(5).toList();
    assertThat(bench.network.dialled()).hasSize(3);
    bench.time.run();
    assertThat(requests.stream().map(r -> r.channel).distinct()).hasSize(3);
    requests.forEach(Request::end);
  }

  @Test
  void whoWaitsForRoomGetsItWhenAStreamEnds() {
    bench.breakers(new CircuitBreakers(1, 1024, 1024, 3));
    bench.share(Http2ClientConnection.SESSIONS, streams(1));
    Request one = new Request();
    bench.time.run();
    Request two = new Request();
    bench.time.run();
    assertThat(two.channel).as("one connection, one stream").isNull();
    peer(0).settings(new Http2Settings()).headers(1, true, ":status", "204");
    bench.time.run();
    assertThat(one.heard).containsExactly("204 end");
    assertThat(two.channel).isSameAs(one.channel);
    two.end();
  }

  @Test
  void thePeersLimitIsRememberedForTheNextConnection() {
    Request one = new Request();
    bench.time.run();
    peer(0).settings(new Http2Settings().maxConcurrentStreams(1));
    List<Request> more = Stream.generate(Request::new).limit(3).toList();
    bench.time.run();
    assertThat(up()).as("one each").hasSize(4);
    one.end();
    more.forEach(Request::end);
  }

  @Test
  void whoGoesAwayGetsNoMoreAndIsClosedAfterItsLastStream() {
    Request one = new Request();
    Request two = new Request();
    bench.time.run();
    peer(0).settings(new Http2Settings()).goAway(1, Http2Error.NO_ERROR);
    assertThat(two.heard).containsExactly("reset REMOTE_REFUSED_STREAM_RESET");
    Request three = new Request();
    bench.time.run();
    assertThat(three.channel).isNotSameAs(one.channel);
    peer(0).headers(1, true, ":status", "204");
    assertThat(one.heard).containsExactly("204 end");
    assertThat(up().get(0).isOpen()).isFalse();
    assertThat(up().get(1).isOpen()).isTrue();
    assertThat(bench.counter("upstream_cx_close_notify")).isEqualTo(1);
    three.end();
  }

  @Test
  void anUnusedConnectionOfWhoGoesAwayIsClosed() {
    new Request().thenEnd();
    peer(0).settings(new Http2Settings()).goAway(0, Http2Error.NO_ERROR);
    bench.time.run();
    assertThat(up().get(0).isOpen()).isFalse();
    assertThat(bench.pool.size()).isZero();
  }

  @Test
  void anUnusedConnectionTimesOutAndAUsedOneDoesNot() {
    Request request = new Request();
    bench.time.run();
    bench.time.advance(PoolBench.IDLE_TIMEOUT.multipliedBy(2));
    assertThat(up().get(0).isOpen()).isTrue();
    request.end();
    bench.time.advance(PoolBench.IDLE_TIMEOUT.minusSeconds(1));
    assertThat(up().get(0).isOpen()).isTrue();
    bench.time.advance(Duration.ofSeconds(1));
    assertThat(up().get(0).isOpen()).isFalse();
    assertThat(bench.counter("upstream_cx_idle_timeout")).isEqualTo(1);
  }

  @Test
  void aPoolWithoutAConnectionHasNoTimer() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    assertThat(bench.time.pendingTimers()).as("one is unused").isEqualTo(1);
    bench.closeByPeer(one.ready());
    assertThat(bench.time.pendingTimers()).isZero();
  }

  @Test
  void aConnectionTakesAsManyRequestsAsItMay() {
    bench.maxRequests(2);
    Request one = new Request();
    Request two = new Request();
    Request three = new Request();
    bench.time.run();
    assertThat(two.channel).isSameAs(one.channel);
    assertThat(three.channel).isNotSameAs(one.channel);
    one.end();
    assertThat(up().get(0).isOpen()).isTrue();
    two.end();
    assertThat(up().get(0).isOpen()).isFalse();
    assertThat(bench.counter("upstream_cx_max_requests")).isEqualTo(1);
    three.end();
  }

  @Test
  void aDrainedPoolLetsItsStreamsEnd() {
    Request one = new Request();
    bench.time.run();
    bench.pool.drain();
    assertThat(up().get(0).isOpen()).isTrue();
    one.end();
    assertThat(up().get(0).isOpen()).isFalse();
  }

  @Test
  void aConnectionThatBreaksFailsItsStreamsAndTheNextRequestRacesAnew() {
    Request one = new Request();
    Request two = new Request();
    bench.time.run();
    peer(0).settings(new Http2Settings());
    EmbeddedChannel channel = up().get(0);
    channel.unsafe().close(channel.voidPromise());
    channel.runPendingTasks();
    assertThat(one.heard).containsExactly("reset CONNECTION_TERMINATION");
    assertThat(two.heard).containsExactly("reset CONNECTION_TERMINATION");
    assertThat(bench.counters())
        .containsEntry("upstream_cx_destroy_remote_with_active_rq", 1L)
        .containsEntry("upstream_rq_pending_failure_eject", 2L);
    Request three = new Request();
    bench.time.run();
    assertThat(up()).hasSize(2);
    three.end();
  }

  @Test
  void whoDoesNotSpeakHttp2IsClosedAndCountedOnce() {
    Request one = new Request();
    Request two = new Request();
    bench.time.run();
    peer(0).bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    assertThat(one.heard).containsExactly("reset PROTOCOL_ERROR");
    assertThat(two.heard).containsExactly("reset PROTOCOL_ERROR");
    assertThat(bench.counters())
        .containsEntry("upstream_cx_protocol_error", 1L)
        .containsEntry("upstream_cx_destroy_local", 1L)
        .containsEntry("upstream_rq_tx_reset", 2L);
    assertThat(bench.pool.size()).isZero();
  }

  @Test
  void aFailedRaceFailsAllWhoWait() {
    bench.network.refuses(bench.first, Duration.ofMillis(1));
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    List<PoolBench.Asker> askers = Stream.generate(bench::ask).limit(10).toList();
    bench.time.advance(Duration.ofMillis(2));
    assertThat(askers)
        .allSatisfy(
            asker ->
                assertThat(asker.failure().reason())
                    .isEqualTo(PoolFailure.Reason.REMOTE_CONNECTION_FAILURE));
    assertThat(bench.network.dialled()).hasSize(2);
  }

  /** A GET through the pool, as the router sends one. */
  private final class Request implements ConnectionPool.Waiter, ResponseReceiver {
    private final List<String> heard = new ArrayList<>();
    private @Nullable UpstreamConnection connection;
    private @Nullable RequestSender sender;
    private @Nullable Object channel;

    Request() {
      bench.pool.acquire(this);
    }

    @Override
    public void onReady(UpstreamConnection ready) {
      connection = ready;
      channel = ready.channel();
      RequestSender out = ClientConnection.of(ready.channel()).begin(this);
      sender = out;
      out.writeHead(new RequestHead("GET", "/", "a", true, new DefaultHttpHeaders()), true);
      out.flush();
    }

    @Override
    public void onFailure(PoolFailure failure) {
      heard.add("failed " + failure.reason());
    }

    void thenEnd() {
      bench.time.run();
      end();
    }

    void end() {
      if (sender != null && connection != null) {
        sender.detach();
        connection.release();
        connection = null;
      }
    }

    @Override
    public void onHead(int status, HttpHeaders headers, boolean end) {
      heard.add(status + (end ? " end" : ""));
      if (end) {
        end();
      }
    }

    @Override
    public void onBody(ByteBuf data, boolean end) {
      data.release();
    }

    @Override
    public void onTrailers(HttpHeaders trailers) {}

    @Override
    public void onReadComplete() {}

    @Override
    public void onReset(ResetReason reason) {
      heard.add("reset " + reason);
      end();
    }

    @Override
    public void onWritabilityChanged(boolean writable) {}
  }
}
