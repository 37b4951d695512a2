package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network without sockets, for tests in virtual time: each address answers as it was told to, at
 * once unless told otherwise; connections are {@link EmbeddedChannel}s. Not thread-safe.
 */
public final class ScriptedNetwork implements Network {
  private static final Duration AT_ONCE = Duration.ZERO;

  /** How an address answers. */
  private sealed interface Script {
    record Connects(Duration after) implements Script {}

    record Fails(Duration after, ConnectFailure failure) implements Script {}

    record Silent() implements Script {}
  }

  /** How an address that has accepted goes on, whatever the transport socket. */
  private sealed interface Handshake {
    record Done(Duration after) implements Handshake {}

    record Failed(Duration after, String reason) implements Handshake {}

    record Silent() implements Handshake {}
  }

  /**
   * One socket that was asked for.
   *
   * @param from where it was to be bound, or null for the system's choice
   * @param at on the loop's clock, in nanoseconds
   */
  public record Dialled(Address address, Address.@Nullable Ip from, long at) {}

  private final Loop loop;
  private final Map<Address, Script> scripts = new HashMap<>();
  private final Map<Address, Handshake> handshakes = new HashMap<>();
  private final List<Dialled> dialled = new ArrayList<>();
  private final List<EmbeddedChannel> connected = new ArrayList<>();
  private int open;

  public ScriptedNetwork(Loop loop) {
    this.loop = loop;
  }

  /** Lets {@code address} accept connections so long after they were asked for. */
  public ScriptedNetwork connects(Address address, Duration after) {
    scripts.put(address, new Script.Connects(after));
    return this;
  }

  /** Lets {@code address} refuse connections. */
  public ScriptedNetwork refuses(Address address, Duration after) {
    return fails(
        address,
        after,
        new ConnectFailure(Kind.REMOTE, "delayed connect error: Connection refused"));
  }

  public ScriptedNetwork fails(Address address, Duration after, ConnectFailure failure) {
    scripts.put(address, new Script.Fails(after, failure));
    return this;
  }

  /** Lets {@code address} never answer. */
  public ScriptedNetwork silent(Address address) {
    scripts.put(address, new Script.Silent());
    return this;
  }

  /** Lets the handshake with {@code address} take so long, from when it accepted. */
  public ScriptedNetwork handshakes(Address address, Duration after) {
    handshakes.put(address, new Handshake.Done(after));
    return this;
  }

  /** Lets {@code address} accept, and its handshake fail, as that with a bad certificate does. */
  public ScriptedNetwork handshakeFails(Address address, Duration after, String reason) {
    handshakes.put(address, new Handshake.Failed(after, reason));
    return this;
  }

  /** Lets {@code address} accept, and then never say a word. */
  public ScriptedNetwork handshakeSilent(Address address) {
    handshakes.put(address, new Handshake.Silent());
    return this;
  }

  /** All sockets that were asked for, in order. */
  public List<Dialled> dialled() {
    return List.copyOf(dialled);
  }

  /** All connections that were ever up, in order. */
  public List<EmbeddedChannel> connected() {
    return List.copyOf(connected);
  }

  /** Sockets that exist now, connected or not: zero when nothing leaked. */
  public int open() {
    return open;
  }

  @Override
  public Dial dial(
      Address address, SocketSettings settings, TransportSocket transport, Answer answer) {
    Address.Ip from = settings.local().towards(address);
    dialled.add(new Dialled(address, from, loop.nanoTime()));
    open++;
    Pending pending =
        new Pending(
            address,
            transport,
            answer,
            handshakes.getOrDefault(address, new Handshake.Done(Duration.ZERO)));
    Script script =
        from != null && from.family() != address.family()
            ? new Script.Fails(AT_ONCE, ConnectErrors.bindToOtherFamily(from))
            : scripts.getOrDefault(address, new Script.Connects(AT_ONCE));
    if (script instanceof Script.Connects connects) {
      pending.timer = loop.schedule(connects.after(), pending::connect);
    } else if (script instanceof Script.Fails fails) {
      pending.timer = loop.schedule(fails.after(), () -> pending.fail(fails.failure()));
    }
    return pending;
  }

  /** Knows whom it is connected to, as a socket does. */
  private static final class Connected extends EmbeddedChannel {
    private final Address peer;

    Connected(Address peer) {
      this.peer = peer;
    }

    @Override
    protected SocketAddress remoteAddress0() {
      return peer.socketAddress();
    }
  }

  private final class Pending implements Dial {
    private final Address address;
    private final TransportSocket transport;
    private final Answer answer;
    private final Handshake handshake;
    private Loop.Timer timer = () -> {};
    private @Nullable Channel channel;
    private boolean over;

    Pending(Address address, TransportSocket transport, Answer answer, Handshake handshake) {
      this.address = address;
      this.transport = transport;
      this.answer = answer;
      this.handshake = handshake;
    }

    void connect() {
      EmbeddedChannel made = new Connected(address);
      made.config().setAutoRead(false);
      made.closeFuture().addListener(closed -> open--);
      connected.add(made);
      channel = made;
      if (handshake instanceof Handshake.Failed failed) {
        timer = loop.schedule(failed.after(), () -> fail(made, failed.reason()));
      } else if (handshake instanceof Handshake.Done done && !done.after().isZero()) {
        timer = loop.schedule(done.after(), () -> start(made));
      } else if (handshake instanceof Handshake.Done) {
        start(made);
      }
    }

    private void start(Channel made) {
      transport
          .start(made)
          .addListener(
              ready -> {
                if (ready.isSuccess()) {
                  succeed(made);
                } else {
                  fail(made, String.valueOf(ready.cause().getMessage()));
                }
              });
    }

    private void succeed(Channel made) {
      if (!over) {
        over = true;
        answer.connected(made);
      }
    }

    private void fail(Channel made, String reason) {
      if (!over) {
        over = true;
        var unused = made.close();
        answer.failed(new ConnectFailure(Kind.REMOTE, reason));
      }
    }

    void fail(ConnectFailure failure) {
      over = true;
      open--;
      answer.failed(failure);
    }

    @Override
    public void cancel() {
      if (over) {
        return;
      }
      over = true;
      timer.cancel();
      if (channel == null) {
        open--;
      } else {
        var unused = channel.close();
      }
    }
  }
}
