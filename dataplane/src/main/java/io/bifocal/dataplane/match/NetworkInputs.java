package io.bifocal.dataplane.match;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.ApplicationProtocolInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.ServerNameInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.SourceIPInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.SourcePortInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The inputs that tell of a connection ({@code envoy.extensions.matching.common_inputs.network}).
 */
public final class NetworkInputs {
  private NetworkInputs() {}

  /** What these inputs look at. */
  public interface Connection {
    Address local();

    /** The client, as far as it is known, such as by the PROXY protocol. */
    Address remote();

    /** The socket's other end. */
    Address directRemote();

    /** Empty when none was asked for. */
    String serverName();

    /** Whether it comes from this machine. Source: Envoy's {@code SAME_IP_OR_LOOPBACK}. */
    default boolean fromHere() {
      if (!(remote() instanceof Address.Ip from)) {
        return true; // a pipe
      }
      return from.ip().isLoopbackAddress()
          || (local() instanceof Address.Ip to && from.ip().equals(to.ip()));
    }
  }

  /** A connection whose first bytes were looked at. */
  public interface Inspected extends Connection {
    /** {@code tls} or {@code raw_buffer}. */
    String transportProtocol();

    List<String> applicationProtocols();
  }

  /** Adds all there are before a filter chain is chosen. */
  public static <S extends Inspected> MatchInputs<S> registerInspected(MatchInputs<S> inputs) {
    return register(inputs, subject -> subject)
        .register(
            TransportProtocolInput.getDefaultInstance(),
            c -> subject -> nonEmpty(subject.transportProtocol()))
        .register(
            ApplicationProtocolInput.getDefaultInstance(),
            c -> subject -> quoted(subject.applicationProtocols()));
  }

  /**
   * Adds those that tell of a connection, whatever is spoken there.
   *
   * @param connection a subject's
   */
  public static <S> MatchInputs<S> register(
      MatchInputs<S> inputs, Function<S, ? extends Connection> connection) {
    return registerEnds(inputs, connection)
        .register(
            SourceTypeInput.getDefaultInstance(),
            c -> subject -> connection.apply(subject).fromHere() ? "local" : null);
  }

  /** Adds those that tell who is at a connection's ends. */
  public static <S> MatchInputs<S> registerEnds(
      MatchInputs<S> inputs, Function<S, ? extends Connection> connection) {
    return inputs
        .register(
            DestinationIPInput.getDefaultInstance(),
            c -> subject -> ip(connection.apply(subject).local()))
        .register(
            DestinationPortInput.getDefaultInstance(),
            c -> subject -> port(connection.apply(subject).local()))
        .register(
            SourceIPInput.getDefaultInstance(),
            c -> subject -> ip(connection.apply(subject).remote()))
        .register(
            SourcePortInput.getDefaultInstance(),
            c -> subject -> port(connection.apply(subject).remote()))
        .register(
            DirectSourceIPInput.getDefaultInstance(),
            c -> subject -> ip(connection.apply(subject).directRemote()))
        .register(
            ServerNameInput.getDefaultInstance(),
            c -> subject -> nonEmpty(connection.apply(subject).serverName()));
  }

  private static @Nullable String ip(Address address) {
    return address instanceof Address.Ip ip ? InetAddresses.toAddrString(ip.ip()) : null;
  }

  private static @Nullable String port(Address address) {
    return address instanceof Address.Ip ip ? Integer.toString(ip.port()) : null;
  }

  private static @Nullable String nonEmpty(String text) {
    return text.isEmpty() ? null : text;
  }

  /** All of them, each in quotes: {@code 'h2','http/1.1'}. */
  private static @Nullable String quoted(List<String> protocols) {
    return protocols.isEmpty()
        ? null
        : protocols.stream().map(p -> "'" + p + "'").collect(Collectors.joining(","));
  }
}
