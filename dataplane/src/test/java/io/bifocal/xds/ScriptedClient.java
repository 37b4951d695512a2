package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.stream.ScriptedTransport;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import java.util.List;

/** A client in virtual time whose server is a script; its way to transports is not public. */
public final class ScriptedClient {
  private final ScriptedTransport server;
  private final Subscriptions subscriptions;

  private ScriptedClient(ScriptedTransport server, Subscriptions subscriptions) {
    this.server = server;
    this.subscriptions = subscriptions;
  }

  /** Starts one. */
  public static ScriptedClient start(ApiConfigSource ads, VirtualTime time) {
    ScriptedTransport server = new ScriptedTransport(time);
    XdsClient client =
        XdsClient.builder().ads(ads).loop(time).decodeExecutor(time).transport(server).build();
    client.start();
    return new ScriptedClient(server, client.subscriptions());
  }

  /** Its plain door. */
  public Subscriptions subscriptions() {
    return subscriptions;
  }

  /** The server says something. */
  public void respond(Message response) {
    server.respond(response);
  }

  /** What the client sent since the last time this was asked. */
  public List<Message> takeSent() {
    return server.takeSent();
  }
}
