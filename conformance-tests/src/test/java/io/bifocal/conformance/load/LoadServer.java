package io.bifocal.conformance.load;

import io.bifocal.conformance.Loopback;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc.LoadReportingServiceImplBase;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server of load reports that gives one instruction on each stream, and keeps what it hears. */
final class LoadServer extends LoadReportingServiceImplBase implements AutoCloseable {
  private final Server server;
  private final LoadStatsResponse instruction;
  private final BlockingQueue<LoadStatsRequest> heard = new LinkedBlockingQueue<>();
  private volatile @Nullable StreamObserver<LoadStatsResponse> open;

  LoadServer(LoadStatsResponse instruction) {
    this.instruction = instruction;
    try {
      server = NettyServerBuilder.forAddress(Loopback.v4(0)).addService(this).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getPort();
  }

  /** The next report. */
  LoadStatsRequest next() throws InterruptedException {
    LoadStatsRequest report = heard.poll(30, TimeUnit.SECONDS);
    if (report == null) {
      throw new AssertionError("no report in 30 s");
    }
    return report;
  }

  void endStream() {
    stream().onCompleted();
  }

  void breakStream() {
    stream().onError(Status.UNAVAILABLE.asRuntimeException());
  }

  private StreamObserver<LoadStatsResponse> stream() {
    StreamObserver<LoadStatsResponse> stream = open;
    if (stream == null) {
      throw new AssertionError("no stream is open");
    }
    return stream;
  }

  @Override
  public StreamObserver<LoadStatsRequest> streamLoadStats(
      StreamObserver<LoadStatsResponse> responses) {
    open = responses;
    return new StreamObserver<>() {
      private boolean instructed;

      @Override
      public void onNext(LoadStatsRequest report) {
        heard.add(report);
        if (!instructed) {
          instructed = true;
          responses.onNext(instruction);
        }
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {}
    };
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
