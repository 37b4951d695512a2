package io.bifocal.dataplane.listener.initial;

import io.bifocal.dataplane.transport.tls.ClientHello;
import io.bifocal.xds.time.Loop;
import io.netty.channel.socket.DatagramPacket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Clients whose hello is read before they have a connection, with the datagrams that it came in.
 * Confined to its loop.
 */
public final class Hellos {
  /** So many of one client are kept; a hello in more is nobody's. */
  static final int MOST_DATAGRAMS = 16;

  private final Loop loop;
  private final Map<ByteBuffer, Client> clients = new HashMap<>();

  private record Client(HelloReader reader, List<DatagramPacket> datagrams, Loop.Timer timer) {}

  /**
   * A hello that is whole.
   *
   * @param datagrams all of them, in the order in which they came; they are the caller's
   */
  public record Greeting(ClientHello hello, List<DatagramPacket> datagrams) {}

  /** Of a worker. */
  public Hellos(Loop loop) {
    this.loop = loop;
  }

  /** How many clients there are. */
  public int size() {
    return clients.size();
  }

  /** Whether one of them has made up that id. */
  public boolean has(ByteBuffer id) {
    return clients.containsKey(id);
  }

  /**
   * Takes a datagram.
   *
   * @param first its first packet
   * @param patience for how long a client is waited for
   * @return its hello; null when more of it must come, or nothing comes of it
   */
  public @Nullable Greeting add(InitialPacket first, DatagramPacket datagram, Duration patience) {
    ByteBuffer id = first.name();
    Client known = clients.get(id);
    Client client =
        known != null
            ? known
            : new Client(
                new HelloReader(first.id()),
                new ArrayList<>(1),
                loop.schedule(patience, () -> forget(id)));
    int before = client.reader().size();
    ClientHello.Reading reading = client.reader().add(datagram.content());
    if (client.reader().size() == before) {
      datagram.release(); // sent again, or by somebody else
    } else {
      client.datagrams().add(datagram);
    }
    clients.put(id, client);
    if (reading instanceof ClientHello.Whole whole) {
      remove(id);
      return new Greeting(whole.hello(), List.copyOf(client.datagrams()));
    }
    int kept = client.datagrams().size();
    if (!(reading instanceof ClientHello.Unfinished) || kept == 0 || kept > MOST_DATAGRAMS) {
      forget(id);
    }
    return null;
  }

  private @Nullable Client remove(ByteBuffer id) {
    Client client = clients.remove(id);
    if (client != null) {
      client.timer().cancel();
    }
    return client;
  }

  private void forget(ByteBuffer id) {
    Client client = remove(id);
    if (client != null) {
      client.datagrams().forEach(DatagramPacket::release);
    }
  }

  /** No hello is waited for any more. */
  public void clear() {
    List.copyOf(clients.keySet()).forEach(this::forget);
  }
}
