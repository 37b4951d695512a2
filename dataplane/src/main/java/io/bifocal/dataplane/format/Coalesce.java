package io.bifocal.dataplane.format;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code COALESCE({"operators": […]})}: the first of several commands that has a value. An operator
 * is a command's name, or an object with {@code command}, {@code param} and {@code max_length}.
 */
final class Coalesce {
  private Coalesce() {}

  static Command of(String parameters) throws ConfigException {
    Struct.Builder config = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(parameters, config);
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException("COALESCE: not a JSON object: " + parameters, e);
    }
    List<Command> commands = new ArrayList<>();
    Value operators = config.getFieldsOrDefault("operators", Value.getDefaultInstance());
    for (Value operator : operators.getListValue().getValuesList()) {
      commands.add(Commands.of(invocation(operator)));
    }
    if (commands.isEmpty()) {
      throw new ConfigException("COALESCE requires 'operators'");
    }
    Command[] all = commands.toArray(Command[]::new);
    return (stream, out) -> {
      for (Command command : all) {
        if (command.append(stream, out)) {
          return true;
        }
      }
      return false;
    };
  }

  private static Token.Invocation invocation(Value operator) {
    if (operator.hasStringValue()) {
      return new Token.Invocation(operator.getStringValue(), "", -1);
    }
    Struct object = operator.getStructValue();
    Value length = object.getFieldsOrDefault("max_length", Value.getDefaultInstance());
    return new Token.Invocation(
        text(object, "command"),
        text(object, "param"),
        length.hasNumberValue() ? (int) length.getNumberValue() : -1);
  }

  private static String text(Struct object, String key) {
    return object.getFieldsOrDefault(key, Value.getDefaultInstance()).getStringValue();
  }
}
