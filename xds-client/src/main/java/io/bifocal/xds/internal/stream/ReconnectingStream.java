package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.time.Backoff;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * New, then open and waiting in turns, then closed. Only a response shows that all is well and
 * resets the back-off: a server that accepts and hangs up must not be asked twice a second.
 */
final class ReconnectingStream<Q extends Message, R extends Message> implements DiscoveryStream<Q> {
  private static final Logger log = LoggerFactory.getLogger(ReconnectingStream.class);

  private enum State {
    NEW,
    OPEN,
    WAITING,
    CLOSED
  }

  private final List<Transport> transports;
  private final ServerChoice choice;
  private final MethodDescriptor<Q, R> method;
  private final BiFunction<Q, Node, Q> withNode;
  private final Node node;
  private final StreamSettings settings;
  private final Loop loop;
  private final Backoff backoff;
  private final @Nullable RateLimit rateLimit;
  private final TransportObserver observer;
  private final Events<R> events;
  private State state = State.NEW;
  private Transport.@Nullable Call<Q> call;
  private Loop.@Nullable Timer reopening;
  private Loop.@Nullable Timer refill;
  private int opening;
  private boolean connected;
  private boolean nodeSent;

  ReconnectingStream(
      List<Transport> transports,
      MethodDescriptor<Q, R> method,
      BiFunction<Q, Node, Q> withNode,
      Node node,
      StreamSettings settings,
      Loop loop,
      DoubleSupplier chance,
      TransportObserver observer,
      Events<R> events) {
    this.transports = List.copyOf(transports);
    this.choice = new ServerChoice(transports.size() > 1);
    this.method = method;
    this.withNode = withNode;
    this.node = node;
    this.settings = settings;
    this.loop = loop;
    this.backoff = new Backoff(settings.backoffBase(), settings.backoffMax(), chance);
    StreamSettings.Rate rate = settings.rate();
    this.rateLimit = rate == null ? null : new RateLimit(loop, rate.burst(), rate.perSecond());
    this.observer = observer;
    this.events = events;
  }

  @Override
  public void start() {
    loop.assertInLoop();
    if (state == State.NEW) {
      open();
    }
  }

  private void open() {
    state = State.OPEN;
    reopening = null;
    nodeSent = false;
    int mine = ++opening;
    events.onOpened();
    try {
      call = transports.get(choice.current()).open(method, new CallEvents(mine));
    } catch (RuntimeException e) {
      broken(String.valueOf(e.getMessage()));
      return;
    }
    if (call.writable()) {
      events.onMaySend();
    }
  }

  /** Events of one opening: those of an earlier one come too late. */
  private final class CallEvents implements Transport.Events<R> {
    private final int mine;

    CallEvents(int mine) {
      this.mine = mine;
    }

    private boolean current() {
      return mine == opening && state == State.OPEN;
    }

    @Override
    public void onWritable() {
      if (current()) {
        nowConnected(true);
        events.onMaySend();
      }
    }

    @Override
    public void onResponse(R response) {
      if (current()) {
        nowConnected(true);
        backoff.reset();
        choice.answered();
        events.onResponse(response);
      }
    }

    @Override
    public void onClosed(String why) {
      if (current()) {
        broken(why);
      }
    }
  }

  private void broken(String why) {
    state = State.WAITING;
    call = null;
    cancelRefill();
    nowConnected(false);
    int server = choice.current();
    Duration delay = choice.failed() ? Duration.ZERO : backoff.next();
    log.warn(
        "stream {} is closed: {}; {} in {} ms",
        method.getBareMethodName(),
        why,
        server == choice.current() ? "again" : "the other server",
        delay.toMillis());
    reopening = loop.schedule(delay, this::open);
    events.onBroken(why);
  }

  private void nowConnected(boolean now) {
    if (connected != now) {
      connected = now;
      observer.onServer(choice.current());
      observer.onConnected(now);
    }
  }

  @Override
  public boolean maySend() {
    if (call == null || !call.writable()) {
      return false;
    }
    if (rateLimit == null || rateLimit.allows()) {
      return true;
    }
    awaitRefill(rateLimit);
    return false;
  }

  private void awaitRefill(RateLimit limit) {
    if (refill == null) {
      refill =
          loop.schedule(
              limit.refill(),
              () -> {
                refill = null;
                events.onMaySend();
              });
    }
  }

  private void cancelRefill() {
    if (refill != null) {
      refill.cancel();
      refill = null;
    }
  }

  @Override
  public void send(Q request) {
    if (call == null) {
      throw new IllegalStateException("no call is open");
    }
    if (rateLimit != null) {
      rateLimit.take();
    }
    boolean bare = nodeSent && settings.nodeOnFirstMessageOnly();
    nodeSent = true;
    call.send(bare ? request : withNode.apply(request, node));
  }

  @Override
  public void request() {
    if (call != null) {
      call.request();
    }
  }

  @Override
  public int opening() {
    return state == State.OPEN ? opening : -1;
  }

  @Override
  public void close() {
    loop.assertInLoop();
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    cancelRefill();
    if (reopening != null) {
      reopening.cancel();
    }
    if (call != null) {
      call.cancel();
      call = null;
    }
    nowConnected(false);
  }
}
