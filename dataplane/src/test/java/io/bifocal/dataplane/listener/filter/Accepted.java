package io.bifocal.dataplane.listener.filter;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.List;

/** Connections of which listener filters have found out what a test says. */
public final class Accepted {
  private Accepted() {}

  public static AcceptedConnection connection(Address local, Address remote) {
    return new AcceptedConnection(new EmbeddedChannel(), local, remote);
  }

  public static Address ip(String ip, int port) {
    return new Address.Ip(InetAddresses.forString(ip), port);
  }

  /**
   * A connection that was looked at.
   *
   * @param toldRemote as a proxy told it
   */
  public static AcceptedConnection connection(
      Address local,
      Address remote,
      Address toldRemote,
      String transport,
      String serverName,
      List<String> protocols) {
    AcceptedConnection connection = connection(local, remote);
    connection.setRemote(toldRemote);
    connection.foundTransport(transport);
    connection.foundServerName(serverName);
    connection.foundApplicationProtocols(protocols);
    return connection;
  }
}
