package io.bifocal.dataplane.format;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.format.Format.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compiles a {@code Struct} whose strings are formats. */
final class JsonFormat {
  private final boolean omitEmpty;
  private final List<String> withoutValue;

  JsonFormat(boolean omitEmpty, List<String> withoutValue) {
    this.omitEmpty = omitEmpty;
    this.withoutValue = withoutValue;
  }

  Part object(Struct struct) throws ConfigException {
    List<String> keys = new ArrayList<>();
    List<Part> values = new ArrayList<>();
    for (Map.Entry<String, Value> field : new TreeMap<>(struct.getFieldsMap()).entrySet()) {
      StringBuilder key = new StringBuilder();
      JsonString.quote(field.getKey(), key);
      keys.add(key.append(':').toString());
      values.add(value(field.getValue()));
    }
    return (stream, out) -> {
      out.append('{');
      boolean first = true;
      for (int i = 0; i < keys.size(); i++) {
        int before = out.length();
        out.append(first ? "" : ",").append(keys.get(i));
        if (values.get(i).append(stream, out)) {
          first = false;
        } else if (omitEmpty) {
          out.setLength(before);
        } else {
          out.append("null");
          first = false;
        }
      }
      out.append('}');
      return true;
    };
  }

  private Part value(Value value) throws ConfigException {
    return switch (value.getKindCase()) {
      case STRUCT_VALUE -> object(value.getStructValue());
      case LIST_VALUE -> list(value.getListValue());
      case STRING_VALUE -> string(value.getStringValue());
      case NUMBER_VALUE -> constant(number(value.getNumberValue()));
      case BOOL_VALUE -> constant(Boolean.toString(value.getBoolValue()));
      case NULL_VALUE, KIND_NOT_SET -> constant("null");
    };
  }

  private Part list(ListValue list) throws ConfigException {
    List<Part> values = new ArrayList<>();
    for (Value value : list.getValuesList()) {
      values.add(value(value));
    }
    return (stream, out) -> {
      out.append('[');
      for (int i = 0; i < values.size(); i++) {
        out.append(i == 0 ? "" : ",");
        if (!values.get(i).append(stream, out)) {
          out.append("null");
        }
      }
      out.append(']');
      return true;
    };
  }

  private Part string(String format) throws ConfigException {
    List<Token> tokens = Token.split(format);
    if (tokens.size() == 1 && tokens.get(0) instanceof Token.Invocation invocation) {
      return Format.command(invocation, withoutValue).inJson()::append;
    }
    Part text = Format.joined(format, omitEmpty ? "" : "-", withoutValue);
    return JsonString.quoted(text::append)::append;
  }

  private static Part constant(String text) {
    return (stream, out) -> {
      out.append(text);
      return true;
    };
  }

  private static String number(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : Double.toString(number);
  }
}
