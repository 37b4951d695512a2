package io.bifocal.dataplane.cluster;

import java.net.InetAddress;
import java.util.List;
import java.util.function.Consumer;

/** Finds the addresses of names. */
interface Resolver extends AutoCloseable {
  /** Asks for a name's addresses of both families; the answer comes later, on the control loop. */
  void resolve(String name, Consumer<Answer> answer);

  /** Ends; questions that are open may stay without an answer. */
  @Override
  void close();

  /** What came of a question. */
  sealed interface Answer {
    /** In the resolver's order. */
    record Found(List<InetAddress> addresses) implements Answer {}

    /** No such name, or nobody to ask. */
    record Failed(String reason) implements Answer {}
  }
}
