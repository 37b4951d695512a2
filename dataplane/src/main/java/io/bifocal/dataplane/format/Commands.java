package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.format.CommandTable.Syntax;

/**
 * The commands there are, by name.
 *
 * <p>Source: Envoy's "Substitution formatter" reference; texts of errors as Envoy 1.40 has them.
 */
final class Commands {
  private static final CommandTable TABLE = table();

  private Commands() {}

  private static CommandTable table() {
    CommandTable table = new CommandTable();
    RequestCommands.addTo(table);
    TimeCommands.addTo(table);
    UpstreamCommands.addTo(table);
    DownstreamCommands.addTo(table);
    BytesCommands.addTo(table);
    table.put("CEL", Syntax.ANYTHING, CelCommands::text);
    table.put("TYPED_CEL", Syntax.ANYTHING, CelCommands::typed);
    return table;
  }

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
    Command command = TABLE.create(invocation);
    if (command == null) {
      throw new ConfigException("Not supported field in StreamInfo: " + name);
    }
    return command;
  }
}
