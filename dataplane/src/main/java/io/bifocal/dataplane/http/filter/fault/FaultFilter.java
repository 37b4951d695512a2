package io.bifocal.dataplane.http.filter.fault;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.DataStatus;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.filter.TrailersStatus;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request that may suffer: first it waits, then it is answered with an error, or slowly. */
final class FaultFilter implements HttpFilter {
  private static final AsciiString DELAY = AsciiString.cached("x-envoy-fault-delay-request");
  private static final AsciiString ABORT = AsciiString.cached("x-envoy-fault-abort-request");
  private static final AsciiString ABORT_GRPC =
      AsciiString.cached("x-envoy-fault-abort-grpc-request");
  private static final AsciiString THROUGHPUT =
      AsciiString.cached("x-envoy-fault-throughput-response");
  private static final AsciiString DOWNSTREAM_CLUSTER =
      AsciiString.cached("x-envoy-downstream-service-cluster");

  private final FilterStream stream;
  private final String name;
  private final FaultStats stats;
  private FaultSettings settings;
  private String downstreamCluster = "";
  private boolean active;
  private Loop.@Nullable Timer delay;
  private @Nullable SlowBody slow;

  FaultFilter(FilterStream stream, String name, FaultSettings settings, FaultStats stats) {
    this.stream = stream;
    this.name = name;
    this.settings = settings;
    this.stats = stats;
  }

  @Override
  public HeadStatus decodeHead(RequestHead head, boolean end) {
    List<Object> routes = stream.routeConfigs();
    if (!routes.isEmpty() && routes.get(routes.size() - 1) instanceof FaultSettings most) {
      settings = most;
    }
    if (!settings.concerns(head, stream.cluster())) {
      return HeadStatus.CONTINUE;
    }
    downstreamCluster = head.headers.get(DOWNSTREAM_CLUSTER, "");
    RuntimeSnapshot runtime = settings.runtime().snapshot();
    slowDown(runtime, head.headers);
    if (delays(runtime, head.headers) || aborts(runtime, head.headers)) {
      return HeadStatus.STOP_ALL;
    }
    return HeadStatus.CONTINUE;
  }

  private void slowDown(RuntimeSnapshot runtime, HttpHeaders headers) {
    FaultSettings.Throughput wanted = settings.throughput();
    if (wanted == null || !wanted.share().includesOne(runtime, "", headers)) {
      return;
    }
    long rate =
        wanted.kibPerSecond() > 0
            ? wanted.kibPerSecond()
            : Numbers.unsigned(headers.get(THROUGHPUT));
    if (rate > 0 && activate(runtime)) {
      count(stats.slowed);
      slow = new SlowBody(stream, rate);
    }
  }

  private boolean delays(RuntimeSnapshot runtime, HttpHeaders headers) {
    FaultSettings.Delay wanted = settings.delay();
    if (wanted == null
        || !wanted.share().includesOne(runtime, ofCluster("delay.fixed_delay_percent"), headers)) {
      return false;
    }
    long configured = wanted.millis() > 0 ? wanted.millis() : Numbers.unsigned(headers.get(DELAY));
    if (configured < 0) {
      return false;
    }
    long millis = runtime.number(wanted.durationKey(), configured);
    String own = ofCluster("delay.fixed_duration_ms");
    if (!own.isEmpty()) {
      millis = runtime.number(own, millis);
    }
    if (millis == 0 || !activate(runtime)) {
      return false;
    }
    delay = stream.loop().schedule(Duration.ofMillis(millis), this::onDelayed);
    count(stats.delays);
    countOfCluster("delays_injected");
    stream.info().flag(ResponseFlag.DELAY_INJECTED);
    stream.info().addMetadata(name, settings.metadata());
    return true;
  }

  private void onDelayed() {
    delay = null;
    if (!aborts(settings.runtime().snapshot(), stream.request().headers)) {
      stream.continueDecoding();
    }
  }

  private boolean aborts(RuntimeSnapshot runtime, HttpHeaders headers) {
    FaultSettings.Abort wanted = settings.abort();
    if (wanted == null
        || !wanted.share().includesOne(runtime, ofCluster("abort.abort_percent"), headers)) {
      return false;
    }
    long status = status(wanted, runtime, headers);
    long grpc = status > 0 ? -1 : grpcStatus(wanted, runtime, headers);
    if ((status <= 0 && grpc < 0) || !activate(runtime)) {
      return false;
    }
    count(stats.aborts);
    countOfCluster("aborts_injected");
    stream.info().addMetadata(name, settings.metadata());
    LocalReply reply =
        new LocalReply(
            status > 0 ? (int) status : 200,
            "fault filter abort",
            ResponseFlag.FAULT_INJECTED,
            "fault_filter_abort");
    stream.localReply(grpc < 0 ? reply : reply.withGrpcStatus((int) grpc));
    return true;
  }

  // Not positive when it is none.
  private long status(FaultSettings.Abort wanted, RuntimeSnapshot runtime, HttpHeaders headers) {
    long configured = wanted.asked() ? Numbers.unsigned(headers.get(ABORT)) : wanted.status();
    if (configured <= 0 || (wanted.asked() && !isStatus(configured))) {
      return 0;
    }
    long status = runtime.number(wanted.statusKey(), configured);
    String own = ofCluster("abort.http_status");
    status = own.isEmpty() ? status : runtime.number(own, status);
    return isStatus(status) ? status : configured;
  }

  private static boolean isStatus(long status) {
    return status >= 200 && status < 600;
  }

  private long grpcStatus(
      FaultSettings.Abort wanted, RuntimeSnapshot runtime, HttpHeaders headers) {
    long configured =
        wanted.asked() ? Numbers.unsigned(headers.get(ABORT_GRPC)) : wanted.grpcStatus();
    if (configured < 0) {
      return -1;
    }
    long status = runtime.number(wanted.grpcKey(), configured);
    String own = ofCluster("abort.grpc_status");
    return own.isEmpty() ? status : runtime.number(own, status);
  }

  // The runtime's key for requests from one cluster; empty when it is not known.
  private String ofCluster(String key) {
    return downstreamCluster.isEmpty() ? "" : "fault.http." + downstreamCluster + "." + key;
  }

  // Whether there may be one more fault; a request is one, however much it suffers.
  private boolean activate(RuntimeSnapshot runtime) {
    if (active) {
      return true;
    }
    if (stats.active.value() >= runtime.number(settings.maxActiveKey(), settings.maxActive())) {
      count(stats.overflow);
      return false;
    }
    stats.active.at(stream.shard()).inc();
    active = true;
    return true;
  }

  private void count(Counter counter) {
    counter.at(stream.shard()).inc();
  }

  private void countOfCluster(String counter) {
    if (settings.countsClusters() && !downstreamCluster.isEmpty()) {
      count(stats.from(downstreamCluster, counter));
    }
  }

  @Override
  public DataStatus encodeData(ByteBuf data, boolean end) {
    SlowBody body = slow;
    if (body == null) {
      return DataStatus.CONTINUE;
    }
    body.add(data, end);
    return DataStatus.TAKEN;
  }

  @Override
  public TrailersStatus encodeTrailers(HttpHeaders trailers) {
    SlowBody body = slow;
    return body == null || body.end() ? TrailersStatus.CONTINUE : TrailersStatus.STOP;
  }

  @Override
  public void onDestroy() {
    if (delay != null) {
      delay.cancel();
    }
    if (slow != null) {
      slow.close();
    }
    if (active) {
      stats.active.at(stream.shard()).dec();
    }
  }
}
