package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transport socket that notes when each socket was connected and what went wrong on top of it: a
 * race tells neither. Confined to its loop.
 */
final class Stopwatch implements TransportSocket {
  private final Loop loop;
  private final TransportSocket timed;
  private final List<Split> splits = new ArrayList<>();

  Stopwatch(Loop loop, TransportSocket timed) {
    this.loop = loop;
    this.timed = timed;
  }

  /** A socket that was connected, at a time of the loop's clock. */
  static final class Split {
    final Address address;
    final long connectedAt;
    private @Nullable Throwable failure;

    Split(Address address, long connectedAt) {
      this.address = address;
      this.connectedAt = connectedAt;
    }

    /** What ended its transport socket; null when nothing did. */
    @Nullable Throwable failure() {
      return failure;
    }
  }

  @Override
  public Future<?> start(Channel connected) {
    Split split = new Split(Address.of(connected.remoteAddress()), loop.nanoTime());
    splits.add(split);
    Future<?> ready = timed.start(connected);
    ready.addListener(done -> split.failure = done.cause());
    return ready;
  }

  /** Those since {@link #forget}, in order of time. */
  List<Split> splits() {
    return List.copyOf(splits);
  }

  /** Another run begins. */
  void forget() {
    loop.assertInLoop();
    splits.clear();
  }
}
