package io.bifocal.dataplane.cluster;

import com.google.common.net.InetAddresses;
import io.bifocal.xds.time.Loop;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Answers what a test has told it; names that it was not told of fail. */
final class FakeResolver implements Resolver {
  private final Loop loop;
  private final Map<String, List<InetAddress>> zone = new HashMap<>();
  final List<String> asked = new ArrayList<>();
  boolean silent;
  boolean closed;

  FakeResolver(Loop loop) {
    this.loop = loop;
  }

  FakeResolver with(String name, String... addresses) {
    zone.put(name, Stream.of(addresses).map(InetAddresses::forString).toList());
    return this;
  }

  void forget(String name) {
    zone.remove(name);
  }

  @Override
  public void resolve(String name, Consumer<Answer> answer) {
    asked.add(name);
    List<InetAddress> found = zone.get(name);
    if (!silent) {
      loop.execute(
          () -> answer.accept(found == null ? new Answer.Failed(name) : new Answer.Found(found)));
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
