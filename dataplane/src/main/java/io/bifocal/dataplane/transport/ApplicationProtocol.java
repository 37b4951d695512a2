package io.bifocal.dataplane.transport;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.util.List;

/** What the user of a connection is going to speak on it. */
public enum ApplicationProtocol {
  /** Nothing that is known here. */
  OPAQUE,
  HTTP_1_1("http/1.1"),
  HTTP_2("h2"),
  /** HTTP/2 where the peer chooses it, else HTTP/1.1. */
  HTTP("h2", "http/1.1"),
  HTTP_3("h3");

  @SuppressWarnings("ImmutableEnumChecker") // it is made by List.of
  private final List<String> alpn;

  ApplicationProtocol(String... alpn) {
    this.alpn = List.of(alpn);
  }

  /** What a TLS client offers, if it is not told otherwise. */
  public List<String> alpn() {
    return alpn;
  }

  /** Whether a channel that is ready carries many exchanges at once. */
  public boolean isMultiplexed(Channel ready) {
    return this == HTTP_3 || isHttp2(ready);
  }

  /** Whether this is HTTP/2 on a channel that is ready: by itself, or as its handshake agreed. */
  public boolean isHttp2(Channel ready) {
    if (this != HTTP) {
      return this == HTTP_2;
    }
    SslHandler tls = ready.pipeline().get(SslHandler.class);
    return tls != null && "h2".equals(tls.applicationProtocol());
  }
}
