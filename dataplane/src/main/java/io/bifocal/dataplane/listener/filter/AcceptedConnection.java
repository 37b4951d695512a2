package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.match.NetworkInputs;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.bifocal.dataplane.transport.proxyprotocol.Tlv;
import io.netty.channel.Channel;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection before a filter chain is chosen, with what listener filters have found out. Confined
 * to its worker's loop.
 */
public final class AcceptedConnection implements NetworkInputs.Inspected {
  private static final String RAW_BUFFER = "raw_buffer";

  private final Channel channel;
  private final Address directRemote;
  private Address local;
  private Address remote;
  private boolean localRestored;
  private String transportProtocol = "";
  private String serverName = "";
  private List<String> applicationProtocols = List.of();
  private Map<String, Struct> metadata = Map.of();
  private @Nullable ProxyProtocolData proxyProtocol;

  /** A connection of which nobody has found out anything. */
  public AcceptedConnection(Channel channel, Address local, Address remote) {
    this.channel = channel;
    this.local = local;
    this.remote = remote;
    this.directRemote = remote;
  }

  /**
   * A connection of QUIC: what it is needs no looking at its first bytes.
   *
   * @param serverName that its client asks for; empty where that is not known
   */
  public static AcceptedConnection overQuic(
      Channel channel, Address local, Address remote, String serverName) {
    AcceptedConnection connection = new AcceptedConnection(channel, local, remote);
    connection.transportProtocol = "quic";
    connection.applicationProtocols = List.of("h3");
    connection.foundServerName(serverName);
    return connection;
  }

  Channel channel() {
    return channel;
  }

  /** Whom it was meant for. */
  @Override
  public Address local() {
    return local;
  }

  /** Whom it comes from. */
  @Override
  public Address remote() {
    return remote;
  }

  /** The peer of the socket, whatever it says of others. */
  @Override
  public Address directRemote() {
    return directRemote;
  }

  /** Whether {@link #local} is another one than the socket's. */
  public boolean localRestored() {
    return localRestored;
  }

  /** {@code tls} or {@code raw_buffer}. */
  @Override
  public String transportProtocol() {
    return transportProtocol.isEmpty() ? RAW_BUFFER : transportProtocol;
  }

  /** The server that a TLS client asked for, in lower case; empty if it asked for none. */
  @Override
  public String serverName() {
    return serverName;
  }

  /** What is going to be spoken, as the client offered or began it. */
  @Override
  public List<String> applicationProtocols() {
    return applicationProtocols;
  }

  /** What filters tell those who follow, by namespace. */
  public Map<String, Struct> metadata() {
    return metadata;
  }

  /** What upstreams are told of the client; null when no proxy in front has said anything. */
  public @Nullable ProxyProtocolData proxyProtocol() {
    return proxyProtocol;
  }

  void restoreLocal(Address original) {
    localRestored |= !original.equals(local);
    local = original;
  }

  void setRemote(Address told) {
    remote = told;
  }

  /** What upstreams are told of the client: the addresses as they are now, and that. */
  void tellUpstreams(List<Tlv> tlvs) {
    proxyProtocol = new ProxyProtocolData(remote, local, tlvs);
  }

  void addMetadata(String namespace, String key, String text) {
    Map<String, Struct> more = new HashMap<>(metadata);
    more.put(
        namespace,
        more.getOrDefault(namespace, Struct.getDefaultInstance()).toBuilder()
            .putFields(key, Value.newBuilder().setStringValue(text).build())
            .build());
    metadata = Map.copyOf(more);
  }

  void foundTransport(String protocol) {
    transportProtocol = protocol;
  }

  boolean transportKnown() {
    return !transportProtocol.isEmpty();
  }

  void foundServerName(String name) {
    serverName = name.toLowerCase(Locale.ROOT);
  }

  void foundApplicationProtocols(List<String> protocols) {
    applicationProtocols = List.copyOf(protocols);
  }
}
