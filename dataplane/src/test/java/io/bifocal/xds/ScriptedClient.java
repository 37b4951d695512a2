package io.bifocal.xds;

import io.bifocal.xds.stream.ScriptedTransport;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;

/** A client in virtual time whose server is a script; its door to transports is not public. */
public final class ScriptedClient {
  private ScriptedClient() {}

  /** Starts one. */
  public static Subscriptions start(
      ApiConfigSource ads, VirtualTime time, ScriptedTransport server) {
    XdsClient client =
        XdsClient.builder().ads(ads).loop(time).decodeExecutor(time).transport(server).build();
    client.start();
    return client.subscriptions();
  }
}
