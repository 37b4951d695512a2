package io.bifocal.dataplane.dns;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Servers without sockets, in virtual time. What a server was not told of does not exist; a server
 * that was not told of anything is there. Questions are written down as {@code "10.0.0.53 svc V4"}.
 */
final class ScriptedServers implements Exchanges {
  static final Duration ROUND_TRIP = Duration.ofMillis(1);

  private final Loop loop;
  private final Map<String, Message> zone = new HashMap<>();
  private final Map<String, Reply> servers = new HashMap<>();
  private final List<String> silent = new ArrayList<>();
  final List<String> asked = new ArrayList<>();
  final List<Carrier> carriers = new ArrayList<>();
  int open;
  int mostOpen;

  ScriptedServers(Loop loop) {
    this.loop = loop;
  }

  void has(String name, Family family, String... ips) {
    List<Message.Entry> entries = new ArrayList<>();
    Stream.of(ips)
        .map(InetAddresses::forString)
        .forEach(ip -> entries.add(new Message.AddressEntry(name, Duration.ofSeconds(60), ip)));
    zone.put(name + " " + family, new Message(Message.NO_ERROR, false, entries));
  }

  void says(String name, Family family, int code) {
    zone.put(name + " " + family, new Message(code, false, List.of()));
  }

  void truncates(String name, Family family) {
    zone.put(name + " " + family, new Message(Message.NO_ERROR, true, List.of()));
  }

  /** Lets a server answer everything with this code. */
  void says(String server, int code) {
    servers.put(server, new Reply.Response(new Message(code, false, List.of())));
  }

  void isNotThere(String server) {
    servers.put(server, new Reply.Unreachable("Connection refused"));
  }

  void isSilent(String server) {
    silent.add(server);
  }

  /** Lets all servers be silent about this. */
  void isSilent(String name, Family family) {
    silent.add(name + " " + family);
  }

  void isBack(String server) {
    servers.remove(server);
    silent.remove(server);
  }

  @Override
  public Exchange ask(
      Address.Ip server, Question question, Carrier carrier, Consumer<Reply> reply) {
    String host = InetAddresses.toAddrString(server.ip());
    asked.add(host + " " + question.name() + " " + question.family());
    carriers.add(carrier);
    Asking asking = new Asking(reply);
    if (!silent.contains(host) && !silent.contains(question.name() + " " + question.family())) {
      loop.schedule(ROUND_TRIP, () -> asking.answer(reply(host, question, carrier)));
    }
    return asking;
  }

  private Reply reply(String server, Question question, Carrier carrier) {
    Reply all = servers.get(server);
    if (all != null) {
      return all;
    }
    Message message =
        zone.getOrDefault(
            question.name() + " " + question.family(),
            new Message(Message.NO_SUCH_NAME, false, List.of()));
    return new Reply.Response(
        new Message(
            message.code(), message.truncated() && carrier != Carrier.STREAM, message.answers()));
  }

  private final class Asking implements Exchange {
    private final Consumer<Reply> listener;
    private boolean over;

    Asking(Consumer<Reply> listener) {
      this.listener = listener;
      open++;
      mostOpen = Math.max(mostOpen, open);
    }

    void answer(Reply reply) {
      if (!over) {
        listener.accept(reply);
        cancel();
      }
    }

    @Override
    public void cancel() {
      if (!over) {
        over = true;
        open--;
      }
    }
  }
}
