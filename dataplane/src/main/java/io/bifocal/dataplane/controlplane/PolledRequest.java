package io.bifocal.dataplane.controlplane;

import com.google.protobuf.ByteString;
import io.bifocal.dataplane.cluster.ServerNames;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.ClientConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.xds.rest.RestTransport.Answer;
import io.bifocal.xds.rest.RestTransport.Answered;
import io.bifocal.xds.rest.RestTransport.Failed;
import io.bifocal.xds.rest.RestTransport.Post;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request to a control plane: waits for a connection, sends, gathers the answer. On a worker.
 */
final class PolledRequest implements ConnectionPool.Waiter, ResponseReceiver {
  private final Post post;
  private final Loop loop;
  private @Nullable Consumer<Answer> listener;
  private @Nullable WorkerCluster cluster;
  private ConnectionPool.@Nullable Ticket ticket;
  private Loop.@Nullable Timer patience;
  private @Nullable UpstreamConnection connection;
  private @Nullable RequestSender sender;
  private final ByteString.Output body = ByteString.newOutput();
  private int status;

  PolledRequest(Post post, Loop loop, Consumer<Answer> listener) {
    this.post = post;
    this.loop = loop;
    this.listener = listener;
  }

  void start(@Nullable WorkerCluster found) {
    if (listener == null) {
      return; // cancelled meanwhile
    }
    if (found == null) {
      fail("there is no such cluster");
      return;
    }
    cluster = found;
    Host host = found.chooseHost();
    if (host == null) {
      found.stats().cxNoneHealthy.inc();
      fail("no healthy upstream");
      return;
    }
    patience = loop.schedule(post.timeout(), this::onTimeout);
    ConnectionPool pool = pool(found, host);
    if (pool == null) {
      fail("too many connection pools");
      return;
    }
    ConnectionPool.Ticket place = pool.acquire(this);
    if (listener != null && connection == null) {
      ticket = place;
    }
  }

  private @Nullable ConnectionPool pool(WorkerCluster of, Host host) {
    TransportSocketOptions wanted = ServerNames.of(of, post.cluster());
    return wanted == null
        ? of.httpPool(host, RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1)
        : of.httpPool(host, RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1, wanted);
  }

  @Override
  public void onReady(UpstreamConnection ready) {
    ticket = null;
    WorkerCluster of = cluster;
    if (of == null || !of.breakers().requests().tryAcquire()) {
      ready.release();
      fail("too many requests");
      return;
    }
    UpstreamStats stats = of.stats();
    stats.rqTotal.inc();
    stats.rqActive.inc();
    connection = ready;
    RequestSender out = ClientConnection.of(ready.channel()).begin(this);
    sender = out;
    byte[] json = post.json().getBytes(StandardCharsets.UTF_8);
    HttpHeaders headers =
        DefaultHttpHeadersFactory.headersFactory()
            .newHeaders()
            .set("content-type", "application/json")
            .set("content-length", json.length)
            .set("x-envoy-internal", "true")
            .set("x-envoy-expected-rq-timeout-ms", post.timeout().toMillis());
    out.writeHead(new RequestHead("POST", post.path(), post.cluster(), true, headers), false);
    out.writeBody(Unpooled.wrappedBuffer(json), true);
    out.flush();
  }

  @Override
  public void onFailure(PoolFailure failure) {
    ticket = null;
    String detail = failure.detail().isEmpty() ? "" : ", " + failure.detail();
    fail(failure.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ') + detail);
  }

  @Override
  public void onHead(int newStatus, HttpHeaders headers, boolean end) {
    status = newStatus;
    if (cluster != null) {
      cluster.stats().codes().charge(newStatus, false, false, false);
    }
    if (end) {
      answered();
    }
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    boolean tooLong = body.size() + data.readableBytes() > post.maxBytes();
    if (!tooLong) {
      byte[] bytes = ByteBufUtil.getBytes(data);
      body.write(bytes, 0, bytes.length);
    }
    data.release();
    if (tooLong) {
      abandon("the answer is longer than " + post.maxBytes() + " bytes");
    } else if (end) {
      answered();
    }
  }

  @Override
  public void onTrailers(HttpHeaders trailers) {
    answered();
  }

  private void answered() {
    UpstreamConnection used = connection;
    RequestSender out = sender;
    Answer answer = new Answered(status, body.toByteString());
    leave();
    if (used != null && out != null) {
      if (out.isReusable()) {
        used.release();
      } else {
        used.retire();
      }
    }
    tell(answer);
  }

  @Override
  public void onReadComplete() {}

  @Override
  public void onReset(ResetReason reason) {
    if (connection != null && reason == ResetReason.PROTOCOL_ERROR) {
      connection.onProtocolError();
    }
    abandon(reason.name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  @Override
  public void onWritabilityChanged(boolean writable) {}

  private void onTimeout() {
    patience = null;
    if (cluster != null) {
      cluster.stats().rqTimeout.inc();
    }
    abandon("no answer within " + post.timeout().toMillis() + " ms");
  }

  void cancel() {
    listener = null;
    abandon("cancelled");
  }

  private void abandon(String why) {
    UpstreamConnection used = connection;
    leave();
    if (used != null) {
      used.discard();
    }
    fail(why);
  }

  private void fail(String why) {
    leave();
    tell(new Failed(why));
  }

  private void tell(Answer answer) {
    Consumer<Answer> waiting = listener;
    listener = null;
    if (waiting != null) {
      waiting.accept(answer);
    }
  }

  private void leave() {
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
    if (ticket != null) {
      ConnectionPool.Ticket place = ticket;
      ticket = null;
      place.cancel();
    }
    if (connection != null && sender != null && cluster != null) {
      sender.detach();
      connection = null;
      sender = null;
      cluster.breakers().requests().release();
      cluster.stats().rqActive.dec();
    }
  }
}
