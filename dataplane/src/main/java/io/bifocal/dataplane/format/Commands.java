package io.bifocal.dataplane.format;

import com.google.common.net.InetAddresses;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The commands there are, by name.
 *
 * <p>Source: Envoy's "Substitution formatter" reference; texts of errors as Envoy 1.40 has them.
 */
final class Commands {
  /** Makes a command from its parameters. */
  @FunctionalInterface
  private interface Factory {
    Command create(String parameters) throws ConfigException;
  }

  /** What a command takes besides its name. */
  private enum Syntax {
    NOTHING,
    OPTIONAL_PARAMETERS,
    PARAMETERS_AND_LENGTH
  }

  private record Definition(Syntax syntax, Factory factory) {}

  private static final Map<String, Definition> TABLE = table();

  private Commands() {}

  /** Whether a command is accepted although it never has a value here. */
  static boolean withoutValue(Token.Invocation invocation) {
    return EmptyCommands.contains(invocation.name()) || RaceMetadata.isUnknown(invocation);
  }

  static Command of(Token.Invocation invocation) throws ConfigException {
    String name = invocation.name();
    Command race = RaceMetadata.of(invocation);
    if (race != null) {
      return invocation.length() < 0 ? race : race.cutAfter(invocation.length());
    }
    if (EmptyCommands.contains(name)) {
      return (stream, out) -> false;
    }
    Definition definition = TABLE.get(name);
    if (name.equals("CEL")) {
      throw new ConfigException("%CEL(…)%: expressions are not supported");
    }
    if (definition == null) {
      throw new ConfigException("Not supported field in StreamInfo: " + name);
    }
    boolean parameters = !invocation.parameters().isEmpty();
    boolean length = invocation.length() >= 0;
    switch (definition.syntax) {
      case NOTHING -> {
        if (parameters || length) {
          throw new ConfigException(name + " does not take any parameters or length");
        }
      }
      case OPTIONAL_PARAMETERS -> {
        if (length) {
          throw new ConfigException(name + " does not allow length to be specified.");
        }
      }
      case PARAMETERS_AND_LENGTH -> {
        if (!parameters) {
          throw new ConfigException(name + " requires parameters");
        }
      }
    }
    Command command = definition.factory.create(invocation.parameters());
    return length ? command.cutAfter(invocation.length()) : command;
  }

  private static Map<String, Definition> table() {
    Map<String, Definition> table = new HashMap<>();
    http(table);
    times(table);
    upstream(table);
    downstream(table);
    return Map.copyOf(table);
  }

  private static void http(Map<String, Definition> table) {
    table.put("REQ", new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::request));
    table.put(
        "REQ_WITHOUT_QUERY",
        new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::requestWithoutQuery));
    table.put("RESP", new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::response));
    table.put("TRAILER", new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::trailer));
    table.put("PATH", new Definition(Syntax.OPTIONAL_PARAMETERS, Headers::path));
    table.put("QUERY_PARAM", new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::queryParameter));
    table.put("REQUEST_HEADER", new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::request));
    table.put("RESPONSE_HEADER", new Definition(Syntax.PARAMETERS_AND_LENGTH, Headers::response));
    table.put("QUERY_PARAMS", new Definition(Syntax.OPTIONAL_PARAMETERS, Headers::query));
    table.put(
        "DYNAMIC_METADATA",
        new Definition(Syntax.PARAMETERS_AND_LENGTH, MetadataCommands::dynamic));
    table.put(
        "FILTER_STATE",
        new Definition(Syntax.PARAMETERS_AND_LENGTH, MetadataCommands::filterState));
    table.put("GRPC_STATUS", new Definition(Syntax.OPTIONAL_PARAMETERS, GrpcCommands::status));
    put(table, "GRPC_STATUS_NUMBER", GrpcCommands.NUMBER);
    number(table, "REQUEST_HEADERS_BYTES", HeaderBytes::ofRequest);
    number(table, "RESPONSE_HEADERS_BYTES", HeaderBytes::ofResponse);
    number(table, "RESPONSE_TRAILERS_BYTES", HeaderBytes::ofTrailers);
    put(
        table,
        "LOCAL_REPLY_BODY",
        (stream, out) -> {
          out.append(stream.localReplyBody);
          return true;
        });
    table.put("COALESCE", new Definition(Syntax.PARAMETERS_AND_LENGTH, Coalesce::of));
    text(table, "PROTOCOL", s -> s.protocol);
    number(table, "RESPONSE_CODE", s -> s.responseCode);
    table.put(
        "RESPONSE_CODE_DETAILS",
        new Definition(
            Syntax.OPTIONAL_PARAMETERS,
            parameters -> {
              Command details = Command.text(s -> s.responseCodeDetails);
              return parameters.equals("ALLOW_WHITESPACES") ? details : details.withoutSpaces();
            }));
    put(table, "RESPONSE_FLAGS", flags(ResponseFlag::code));
    put(table, "RESPONSE_FLAGS_LONG", flags(ResponseFlag::longName));
    number(table, "BYTES_RECEIVED", s -> s.bytesReceived);
    number(table, "BYTES_SENT", s -> s.bytesSent);
    text(table, "ROUTE_NAME", s -> s.routeName);
    text(table, "VIRTUAL_CLUSTER_NAME", s -> s.virtualCluster);
    text(
        table,
        "STREAM_ID",
        s -> s.requestHeaders == null ? null : s.requestHeaders.get("x-request-id"));
    text(table, "ACCESS_LOG_TYPE", s -> s.logType.text());
    String hostname = localName();
    text(table, "HOSTNAME", s -> hostname);
    table.put(
        "ENVIRONMENT",
        new Definition(
            Syntax.PARAMETERS_AND_LENGTH,
            name -> {
              String value = System.getenv(name);
              return Command.text(s -> value);
            }));
  }

  private static void times(Map<String, Definition> table) {
    table.put(
        "START_TIME_LOCAL",
        new Definition(
            Syntax.OPTIONAL_PARAMETERS,
            format -> {
              TimeFormat time = TimeFormat.local(format);
              return (stream, out) -> {
                time.append(stream.startEpochMillis, out);
                return true;
              };
            }));
    table.put(
        "EMIT_TIME_LOCAL",
        new Definition(
            Syntax.OPTIONAL_PARAMETERS,
            format -> {
              TimeFormat time = TimeFormat.local(format);
              return (stream, out) -> {
                time.append(emitted(stream), out);
                return true;
              };
            }));
    table.put(
        "START_TIME",
        new Definition(
            Syntax.OPTIONAL_PARAMETERS,
            format -> {
              TimeFormat time = TimeFormat.of(format);
              return (stream, out) -> {
                time.append(stream.startEpochMillis, out);
                return true;
              };
            }));
    table.put(
        "EMIT_TIME",
        new Definition(
            Syntax.OPTIONAL_PARAMETERS,
            format -> {
              TimeFormat time = TimeFormat.of(format);
              return (stream, out) -> {
                time.append(emitted(stream), out);
                return true;
              };
            }));
    number(table, "DURATION", s -> millis(s.startNanos, s.endNanos));
    number(table, "REQUEST_DURATION", s -> millis(s.startNanos, s.lastDownstreamRxNanos));
    number(table, "REQUEST_TX_DURATION", s -> millis(s.startNanos, s.lastUpstreamTxNanos));
    number(table, "RESPONSE_DURATION", s -> millis(s.startNanos, s.firstUpstreamRxNanos));
    number(
        table,
        "RESPONSE_TX_DURATION",
        s -> s.firstUpstreamRxNanos < 0 ? -1 : millis(s.firstUpstreamRxNanos, s.endNanos));
    table.put("COMMON_DURATION", new Definition(Syntax.PARAMETERS_AND_LENGTH, Durations::between));
  }

  private static void upstream(Map<String, Definition> table) {
    text(table, "UPSTREAM_CLUSTER", s -> s.upstreamCluster);
    text(table, "UPSTREAM_CLUSTER_RAW", s -> s.upstreamCluster);
    text(table, "UPSTREAM_HOST", s -> HostText.ofCurrent(s, HostText::address));
    text(table, "UPSTREAM_HOST_NAME", s -> HostText.ofCurrent(s, HostText::name));
    text(
        table,
        "UPSTREAM_HOST_NAME_WITHOUT_PORT",
        s -> HostText.ofCurrent(s, HostText::nameWithoutPort));
    text(table, "UPSTREAM_HOSTS_ATTEMPTED", s -> HostText.ofAttempted(s, HostText::address));
    text(table, "UPSTREAM_HOST_NAMES_ATTEMPTED", s -> HostText.ofAttempted(s, HostText::name));
    text(
        table,
        "UPSTREAM_PROTOCOL",
        s -> s.upstreamRemote == null || s.requestHeaders == null ? null : "HTTP/1.1");
    address(table, "UPSTREAM_REMOTE", s -> s.upstreamRemote);
    address(table, "UPSTREAM_LOCAL", s -> s.upstreamLocal);
    number(table, "UPSTREAM_REQUEST_ATTEMPT_COUNT", s -> s.requestAttempts);
    put(
        table,
        "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
        Command.text(s -> s.downstreamTransportFailureReason).withoutSpaces());
    put(
        table,
        "UPSTREAM_TRANSPORT_FAILURE_REASON",
        Command.text(s -> s.upstreamTransportFailureReason).withoutSpaces());
    put(
        table,
        "CONNECTION_TERMINATION_DETAILS",
        Command.text(s -> s.connectionTerminationDetails).withoutSpaces());
  }

  private static void downstream(Map<String, Definition> table) {
    address(table, "DOWNSTREAM_REMOTE", s -> s.downstreamRemote);
    address(
        table,
        "DOWNSTREAM_DIRECT_REMOTE",
        s -> s.downstreamDirectRemote == null ? s.downstreamRemote : s.downstreamDirectRemote);
    address(table, "DOWNSTREAM_LOCAL", s -> s.downstreamLocal);
    address(table, "DOWNSTREAM_DIRECT_LOCAL", s -> s.downstreamLocal);
    number(table, "CONNECTION_ID", s -> s.connectionId);
    text(table, "REQUESTED_SERVER_NAME", s -> s.requestedServerName);
    text(table, "FILTER_CHAIN_NAME", s -> s.filterChainName);
    TlsCommands.ofDownstream()
        .forEach(
            (name, factory) ->
                table.put(name, new Definition(Syntax.OPTIONAL_PARAMETERS, factory::of)));
  }

  private static void put(Map<String, Definition> table, String name, Command command) {
    table.put(name, new Definition(Syntax.NOTHING, parameters -> command));
  }

  private static void text(Map<String, Definition> table, String name, Command.Text value) {
    put(table, name, Command.text(value));
  }

  private static void number(
      Map<String, Definition> table, String name, ToLongFunction<StreamInfo> value) {
    put(table, name, Command.number(value));
  }

  /** {@code X_ADDRESS}, {@code X_ADDRESS_WITHOUT_PORT} and {@code X_PORT}. */
  private static void address(
      Map<String, Definition> table, String prefix, Function<StreamInfo, @Nullable Address> of) {
    text(
        table,
        prefix + "_ADDRESS",
        s -> {
          Address address = of.apply(s);
          return address == null ? null : address.text();
        });
    text(
        table,
        prefix + "_ADDRESS_WITHOUT_PORT",
        s -> {
          Address address = of.apply(s);
          return address instanceof Address.Ip ip
              ? InetAddresses.toAddrString(ip.ip())
              : address == null ? null : address.text();
        });
    number(table, prefix + "_PORT", s -> of.apply(s) instanceof Address.Ip ip ? ip.port() : -1);
  }

  /** As Envoy: none is a hyphen, even where other commands without a value are nothing. */
  private static Command flags(Function<ResponseFlag, String> name) {
    return (stream, out) -> {
      String separator = "";
      for (ResponseFlag flag : stream.flags()) {
        out.append(separator).append(name.apply(flag));
        separator = ",";
      }
      if (separator.isEmpty()) {
        out.append('-');
      }
      return true;
    };
  }

  private static long emitted(StreamInfo stream) {
    return stream.startEpochMillis + Math.max(0, millis(stream.startNanos, stream.endNanos));
  }

  private static long millis(long from, long to) {
    return to < 0 ? -1 : (to - from) / 1_000_000;
  }

  /** The kernel's name for this machine; a resolver is never asked. */
  private static String localName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return System.getenv().getOrDefault("HOSTNAME", "localhost");
    }
  }
}
