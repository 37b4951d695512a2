package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.DatagramTransport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A connection over a datagram socket of its own, in the making. */
final class DatagramDial implements Network.Dial {
  private final EventLoop eventLoop;
  private final Address.Ip address;
  private final DatagramTransport transport;
  private final Network.Answer answer;
  private final ChannelFuture registered;
  private final Channel channel;
  private DatagramTransport.@Nullable Attempt attempt;
  private boolean answered;

  DatagramDial(
      EventLoop eventLoop,
      Bootstrap udp,
      Address.Ip address,
      DatagramTransport transport,
      Network.Answer answer) {
    this.eventLoop = eventLoop;
    this.address = address;
    this.transport = transport;
    this.answer = answer;
    this.registered = udp.register();
    this.channel = registered.channel();
  }

  void open(SocketSettings settings) {
    if (!registered.isSuccess()) {
      fail(new ConnectFailure(Kind.LOCAL, ConnectErrors.NO_SOCKET));
      return;
    }
    ConnectFailure refusal = bind(settings);
    if (refusal != null) {
      fail(refusal);
      return;
    }
    // It sends nothing: from then on the socket hears of this peer alone, and of its absence.
    ChannelFuture connect = channel.connect(address.socketAddress());
    if (!connect.isSuccess()) {
      fail(new ConnectFailure(Kind.REMOTE, ConnectErrors.immediate(connect.cause(), address)));
      return;
    }
    DatagramTransport.Attempt begun;
    try {
      begun = transport.connect(channel);
    } catch (RuntimeException e) { // e.g. a server name that TLS cannot ask for
      fail(new ConnectFailure(Kind.LOCAL, text(e)));
      return;
    }
    attempt = begun;
    begun
        .ready()
        .addListener(
            done -> {
              if (begun.ready().isSuccess()) {
                succeed(begun.ready());
              } else {
                fail(new ConnectFailure(Kind.REMOTE, text(done.cause())));
              }
            });
    channel.config().setAutoRead(true);
  }

  private static String text(Throwable cause) {
    return cause instanceof IOException
        ? ConnectErrors.delayed(cause)
        : ConnectErrors.transport(cause);
  }

  private @Nullable ConnectFailure bind(SocketSettings settings) {
    Address.Ip local = settings.local().towards(address);
    if (local == null) {
      return null;
    }
    if (local.family() != address.family()) {
      return ConnectErrors.bindToOtherFamily(local);
    }
    ChannelFuture bound = channel.bind(local.socketAddress());
    return bound.isSuccess() ? null : ConnectErrors.bind(bound.cause(), local);
  }

  // At once: what comes next on the connection is for the one who is told.
  private void succeed(Future<? extends Channel> ready) {
    if (!answered) {
      answered = true;
      answer.connected(ready.getNow());
    }
  }

  private void fail(ConnectFailure failure) {
    if (channel.isRegistered()) {
      var unused = channel.close();
    }
    eventLoop.execute(
        () -> {
          if (!answered) {
            answered = true;
            answer.failed(failure);
          }
        });
  }

  @Override
  public void cancel() {
    if (answered) {
      return;
    }
    answered = true;
    if (attempt != null) {
      attempt.cancel();
    } else if (channel.isRegistered()) {
      var unused = channel.close();
    }
  }
}
