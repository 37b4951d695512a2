package io.bifocal.dataplane.dns;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A DNS server on a loopback address, on UDP and TCP, that writes its own bytes. It answers {@code
 * "svc.test A"} as it was told to; what it was not told of does not exist.
 */
public final class LoopbackDnsServer implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;
  private static final int A = 1;
  private static final int CNAME = 5;
  private static final int AAAA = 28;
  private static final int TC = 0x0200;
  private static final int RESPONSE = 0x8180;
  private static final int NAME_OF_THE_QUESTION = 0xc00c;

  private final DatagramSocket datagrams;
  private final ServerSocket streams;
  private final Map<String, Function<Asked, byte[]>> zone = new ConcurrentHashMap<>();
  private final Map<String, Future<?>> late = new ConcurrentHashMap<>();
  private final List<Socket> connections = new CopyOnWriteArrayList<>();

  /** What was asked: {@code "UDP svc.test A"}, with {@code "+EDNS"} if so. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** From which ports UDP questions came. */
  final List<Integer> ports = new CopyOnWriteArrayList<>();

  /** One question. */
  static final class Asked {
    private final byte[] query;
    private final int questionEnds;
    private final boolean tcp;

    Asked(byte[] query, int questionEnds, boolean tcp) {
      this.query = query;
      this.questionEnds = questionEnds;
      this.tcp = tcp;
    }

    /** Whether it has an EDNS record. */
    boolean extended() {
      return query[11] == 1;
    }
  }

  private LoopbackDnsServer(DatagramSocket datagrams, ServerSocket streams) {
    this.datagrams = datagrams;
    this.streams = streams;
    start(this::serveDatagrams);
    start(this::serveStreams);
  }

  /** Starts one on {@code 127.0.0.1} or {@code ::1}, both transports on one port. */
  public static LoopbackDnsServer on(String loopback) throws IOException {
    InetAddress ip = InetAddresses.forString(loopback);
    for (int i = 0; ; i++) {
      ServerSocket streams = new ServerSocket(0, 16, ip);
      try {
        return new LoopbackDnsServer(new DatagramSocket(streams.getLocalPort(), ip), streams);
      } catch (SocketException taken) {
        streams.close();
        if (i == 20) {
          throw taken;
        }
      }
    }
  }

  public Address.Ip address() {
    return new Address.Ip(streams.getInetAddress(), streams.getLocalPort());
  }

  /** Lets a question have these addresses, with this TTL. */
  public LoopbackDnsServer has(String question, int ttl, String... ips) {
    return says(question, asked -> response(asked, 0, records(NAME_OF_THE_QUESTION, ttl, ips)));
  }

  /** The same, but the answer does not come before something else is done. */
  public LoopbackDnsServer hasLate(String question, Future<?> before, int ttl, String... ips) {
    late.put(question, before);
    return has(question, ttl, ips);
  }

  /** Lets a question lead to these addresses by way of an alias. */
  LoopbackDnsServer alias(String question, int aliasTtl, String alias, int ttl, String... ips) {
    return says(
        question,
        asked -> {
          byte[] target = name(alias);
          List<byte[]> records = new ArrayList<>();
          records.add(record(bytes(NAME_OF_THE_QUESTION), CNAME, aliasTtl, target));
          for (String ip : ips) {
            byte[] address = InetAddresses.forString(ip).getAddress();
            records.add(record(target, address.length == 4 ? A : AAAA, ttl, address));
          }
          return response(asked, 0, records);
        });
  }

  /** Lets a question be answered with a response code. */
  public LoopbackDnsServer code(String question, int code) {
    return says(question, asked -> response(asked, code, List.of()));
  }

  /** Lets answers be too long for UDP. */
  LoopbackDnsServer truncated(String question, int ttl, String... ips) {
    return says(
        question,
        asked ->
            asked.tcp
                ? response(asked, 0, records(NAME_OF_THE_QUESTION, ttl, ips))
                : response(asked, TC, List.of()));
  }

  /** Lets a question go unanswered. */
  public LoopbackDnsServer silent(String question) {
    return says(question, asked -> new byte[0]);
  }

  /** Lets a question be answered with these bytes. */
  LoopbackDnsServer says(String question, Function<Asked, byte[]> response) {
    zone.put(question, response);
    return this;
  }

  static byte[] response(Asked asked, int flags, List<byte[]> records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(asked.query, 0, 2);
    out.writeBytes(bytes(RESPONSE | flags));
    out.writeBytes(bytes(1));
    out.writeBytes(bytes(records.size()));
    out.writeBytes(bytes(0));
    out.writeBytes(bytes(0));
    out.write(asked.query, 12, asked.questionEnds - 12);
    records.forEach(out::writeBytes);
    return out.toByteArray();
  }

  private static List<byte[]> records(int owner, int ttl, String... ips) {
    List<byte[]> records = new ArrayList<>();
    for (String ip : ips) {
      byte[] address = InetAddresses.forString(ip).getAddress();
      records.add(record(bytes(owner), address.length == 4 ? A : AAAA, ttl, address));
    }
    return records;
  }

  private static byte[] record(byte[] owner, int type, int ttl, byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(owner);
    out.writeBytes(bytes(type));
    out.writeBytes(bytes(1));
    out.writeBytes(bytes(ttl >>> 16));
    out.writeBytes(bytes(ttl));
    out.writeBytes(bytes(data.length));
    out.writeBytes(data);
    return out.toByteArray();
  }

  private static byte[] bytes(int sixteenBits) {
    return new byte[] {(byte) (sixteenBits >> 8), (byte) sixteenBits};
  }

  private static byte[] name(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String label : text.split("\\.")) {
      out.write(label.length());
      out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
    out.write(0);
    return out.toByteArray();
  }

  /** Where an answer goes. */
  @FunctionalInterface
  private interface Client {
    void hear(byte[] answer) throws IOException;
  }

  private void answer(byte[] query, boolean tcp, Client client) throws IOException {
    StringBuilder name = new StringBuilder();
    int at = 12;
    for (int length = query[at]; length != 0; length = query[at]) {
      name.append(name.isEmpty() ? "" : ".")
          .append(new String(query, at + 1, length, StandardCharsets.US_ASCII));
      at += length + 1;
    }
    int type = query[at + 2];
    String question = name + (type == AAAA ? " AAAA" : type == A ? " A" : " TYPE" + type);
    Asked here = new Asked(query, at + 5, tcp);
    asked.add((tcp ? "TCP " : "UDP ") + question + (here.extended() ? " +EDNS" : ""));
    byte[] answer = zone.getOrDefault(question, a -> response(a, 3, List.of())).apply(here);
    if (answer.length == 0) {
      return;
    }
    Future<?> before = late.getOrDefault(question, CompletableFuture.completedFuture(null));
    if (before.isDone()) {
      client.hear(answer);
      return;
    }
    start(
        () -> {
          await(before);
          client.hear(answer);
        });
  }

  private static void await(Future<?> done) throws IOException {
    try {
      done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IOException("what it waits for is not done", e);
    }
  }

  private void serveDatagrams() throws IOException {
    byte[] buffer = new byte[4096];
    while (true) {
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      datagrams.receive(packet);
      byte[] query = new byte[packet.getLength()];
      System.arraycopy(buffer, 0, query, 0, query.length);
      ports.add(packet.getPort());
      InetSocketAddress client = new InetSocketAddress(packet.getAddress(), packet.getPort());
      answer(
          query,
          false,
          response -> datagrams.send(new DatagramPacket(response, response.length, client)));
    }
  }

  private void serveStreams() throws IOException {
    while (true) {
      Socket connection = streams.accept();
      connections.add(connection);
      start(() -> serve(connection));
    }
  }

  private void serve(Socket connection) throws IOException {
    try (connection) {
      DataInputStream in = new DataInputStream(connection.getInputStream());
      DataOutputStream out = new DataOutputStream(connection.getOutputStream());
      while (true) {
        answer(
            in.readNBytes(in.readUnsignedShort()),
            true,
            response -> {
              out.write(bytes(response.length));
              out.write(response);
              out.flush();
            });
      }
    }
  }

  @FunctionalInterface
  private interface Service {
    void serve() throws IOException;
  }

  private static void start(Service service) {
    Thread thread =
        new Thread(
            () -> {
              try {
                service.serve();
              } catch (IOException closed) {
                return; // the end of the test, or of the client
              }
            },
            "loopback-dns");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    datagrams.close();
    streams.close();
    for (Socket connection : connections) {
      connection.close();
    }
  }
}
