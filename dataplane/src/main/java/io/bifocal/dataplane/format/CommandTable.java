package io.bifocal.dataplane.format;

import com.google.common.net.InetAddresses;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Commands by their names, and what each of them takes besides its name. */
final class CommandTable {
  /** Makes a command from its parameters. */
  @FunctionalInterface
  interface Factory {
    Command create(String parameters) throws ConfigException;
  }

  /** What a command takes. */
  enum Syntax {
    NOTHING,
    OPTIONAL_PARAMETERS,
    PARAMETERS,
    PARAMETERS_AND_LENGTH,
    ANYTHING
  }

  private record Definition(Syntax syntax, Factory factory) {}

  private final Map<String, Definition> definitions = new HashMap<>();

  /**
   * Makes the command that an invocation means.
   *
   * @return null when there is none of that name
   * @throws ConfigException in Envoy's words when it does not take what it is given
   */
  @Nullable Command create(Token.Invocation invocation) throws ConfigException {
    String name = invocation.name();
    Definition definition = definitions.get(name);
    if (definition == null) {
      return null;
    }
    boolean parameters = !invocation.parameters().isEmpty();
    boolean length = invocation.length() >= 0;
    switch (definition.syntax) {
      case NOTHING -> {
        if (parameters || length) {
          throw new ConfigException(name + " does not take any parameters or length");
        }
      }
      case OPTIONAL_PARAMETERS -> noLength(name, length);
      case PARAMETERS -> {
        required(name, parameters);
        noLength(name, length);
      }
      case PARAMETERS_AND_LENGTH -> required(name, parameters);
      case ANYTHING -> {}
    }
    Command command = definition.factory.create(invocation.parameters());
    return length ? command.cutAfter(invocation.length()) : command;
  }

  private static void required(String name, boolean parameters) throws ConfigException {
    if (!parameters) {
      throw new ConfigException(name + " requires parameters");
    }
  }

  private static void noLength(String name, boolean length) throws ConfigException {
    if (length) {
      throw new ConfigException(name + " does not allow length to be specified.");
    }
  }

  void put(String name, Syntax syntax, Factory factory) {
    definitions.put(name, new Definition(syntax, factory));
  }

  void put(String name, Command command) {
    put(name, Syntax.NOTHING, parameters -> command);
  }

  void text(String name, Command.Text value) {
    put(name, Command.text(value));
  }

  void number(String name, ToLongFunction<StreamInfo> value) {
    put(name, Command.number(value));
  }

  /** What is told of requests and not of connections. */
  void ofRequest(String name, ToLongFunction<StreamInfo> value) {
    number(name, s -> s.requestHeaders == null ? -1 : value.applyAsLong(s));
  }

  /** {@code X_ADDRESS}, {@code X_ADDRESS_WITHOUT_PORT} and {@code X_PORT}. */
  void address(String prefix, Function<StreamInfo, @Nullable Address> of) {
    text(
        prefix + "_ADDRESS",
        s -> {
          Address address = of.apply(s);
          return address == null ? null : address.text();
        });
    text(
        prefix + "_ADDRESS_WITHOUT_PORT",
        s -> {
          Address address = of.apply(s);
          return address instanceof Address.Ip ip
              ? InetAddresses.toAddrString(ip.ip())
              : address == null ? null : address.text();
        });
    number(prefix + "_PORT", s -> of.apply(s) instanceof Address.Ip ip ? ip.port() : -1);
  }
}
