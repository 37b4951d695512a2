package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import java.util.List;

/** The filters of a chain as one: each connection goes through them in their order. */
final class FilterSequence implements NetworkFilter {
  private final List<PassingFilter> before;
  private final NetworkFilter last;

  FilterSequence(List<PassingFilter> before, NetworkFilter last) {
    this.before = List.copyOf(before);
    this.last = last;
  }

  @Override
  public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    enter(0, downstream, worker, connection);
  }

  private void enter(int at, Channel channel, Worker worker, DownstreamConnection connection) {
    if (!channel.isActive()) {
      return; // one of them has closed it
    }
    if (at == before.size()) {
      last.onConnection(channel, worker, connection);
    } else {
      before
          .get(at)
          .onConnection(
              channel, worker, connection, () -> enter(at + 1, channel, worker, connection));
    }
  }

  @Override
  public boolean speaks(String alpn) {
    return last.speaks(alpn);
  }

  @Override
  public void drain() {
    before.forEach(NetworkFilter::drain);
    last.drain();
  }

  @Override
  public void close() {
    before.forEach(NetworkFilter::close);
    last.close();
  }
}
