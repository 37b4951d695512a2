package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.state.TypeState;
import io.bifocal.xds.internal.stream.Dialect;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stream's responses on their way through the decoder, one at a time and in order. */
final class Inbox<Q extends Message, R extends Message> {
  private static final Logger log = LoggerFactory.getLogger(Inbox.class);

  /** Type URLs nobody asked for that are logged; a server could invent any number of them. */
  private static final int STRANGERS_LOGGED = 20;

  /** A response, and the opening of the stream that it came on. */
  private record Arrived<R>(R response, int opening) {}

  /** Where the stream stands. */
  interface Stream {
    /** Which of its openings is open now; none of those before if none is. */
    boolean isPresent(int opening);

    /** A response that came on that opening is dealt with. */
    void dealtWith(int opening);
  }

  private final Dialect<Q, R> dialect;
  private final TypesOfStream<Q> types;
  private final Sources.Tools tools;
  private final Decoder decoder;
  private final Stream stream;
  private final Queue<Arrived<R>> waiting = new ArrayDeque<>();
  private final Set<String> strangers = new HashSet<>();
  private boolean decoding;
  private boolean closed;

  Inbox(Dialect<Q, R> dialect, TypesOfStream<Q> types, Sources.Tools tools, Stream stream) {
    this.dialect = dialect;
    this.types = types;
    this.tools = tools;
    this.decoder = tools.decoder().ofOneStream();
    this.stream = stream;
  }

  void add(R response, int opening) {
    waiting.add(new Arrived<>(response, opening));
    decodeNext();
  }

  private void decodeNext() {
    Arrived<R> next = decoding || closed ? null : waiting.poll();
    if (next == null) {
      return;
    }
    String typeUrl = dialect.typeUrl(next.response());
    TypeState<Q, ?> type = types.asked(typeUrl);
    if (type == null) {
      if (strangers.size() < STRANGERS_LOGGED && strangers.add(typeUrl)) {
        log.warn("responses of type {} come though nothing of it was asked for", typeUrl);
      }
      dealtWith(next);
    } else {
      decoding = true;
      decode(type, next);
    }
  }

  private <T extends Message> void decode(TypeState<Q, T> type, Arrived<R> arrived) {
    try {
      tools
          .decode()
          .execute(
              () -> {
                Decoded<T> decoded = dialect.decode(decoder, type.type(), arrived.response());
                tools.loop().execute(() -> apply(type, arrived, decoded));
              });
    } catch (RejectedExecutionException e) {
      log.error("the decode executor takes no work; a response of {} is lost", type.type());
      decoding = false;
    }
  }

  private <T extends Message> void apply(
      TypeState<Q, T> type, Arrived<R> arrived, Decoded<T> decoded) {
    decoding = false;
    if (closed) {
      return;
    }
    try {
      type.apply(decoded, stream.isPresent(arrived.opening()));
    } finally {
      dealtWith(arrived);
    }
  }

  private void dealtWith(Arrived<R> arrived) {
    stream.dealtWith(arrived.opening());
    decodeNext();
  }

  void close() {
    closed = true;
    waiting.clear();
  }
}
