package io.bifocal.dataplane.admin;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.util.regex.Pattern;

/** JSON in which fields with their default value are written out, as {@code /server_info} does. */
final class WithDefaults {
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().alwaysPrintFieldsWithNoPresence().preservingProtoFieldNames();
  private static final Pattern INDENT = Pattern.compile("(?m)^( +)");
  private static final Pattern EMPTY = Pattern.compile("\\{\\n *\\}");

  private WithDefaults() {}

  /** Prints, one space of indent; ends with a line feed. */
  static String print(Message message) {
    try {
      String two = EMPTY.matcher(PRINTER.print(message)).replaceAll("{}");
      return INDENT.matcher(two).replaceAll(m -> " ".repeat(m.group(1).length() / 2)) + "\n";
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
