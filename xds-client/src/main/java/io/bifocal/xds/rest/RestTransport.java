package io.bifocal.xds.rest;

import com.google.protobuf.ByteString;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Posts requests to control planes. All calls come, and all answers are told, on one loop. */
public interface RestTransport {

  /** A request that was sent and not answered. */
  @FunctionalInterface
  interface Exchange {
    /** Gives it up: no answer follows. */
    void cancel();
  }

  /**
   * What is sent.
   *
   * @param cluster whom to ask, by its name in the bootstrap
   * @param path e.g. {@code /v3/discovery:clusters}
   * @param json the body
   * @param timeout until the answer is here whole
   * @param maxBytes of the answer's body; a longer one is a failure
   */
  record Post(String cluster, String path, String json, Duration timeout, int maxBytes) {}

  /** What comes of it. */
  sealed interface Answer {}

  /** Some answer, good or bad. */
  record Answered(int status, ByteString body) implements Answer {}

  /** None; {@code why} is for people. */
  record Failed(String why) implements Answer {}

  /** Sends; the answer is told once, never from within this call. */
  Exchange post(Post post, Consumer<Answer> answer);

  /**
   * Over the JDK's HTTP client, in plain text, to the addresses that a bootstrap's static clusters
   * list; one after the other is asked.
   *
   * @param executor runs the client's own work
   */
  static RestTransport toStaticClusters(Bootstrap bootstrap, Loop loop, Executor executor) {
    return new JdkRestTransport(StaticAddresses.of(bootstrap), loop, executor);
  }

  /** For a client that knows no clusters: every request fails and says so. */
  static RestTransport none(Loop loop) {
    return toStaticClusters(Bootstrap.getDefaultInstance(), loop, loop);
  }
}
