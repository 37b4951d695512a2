package io.bifocal.dataplane.format;

import com.google.common.primitives.UnsignedLong;
import dev.cel.common.values.CelByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.expression.Expression;
import io.bifocal.dataplane.stream.StreamInfo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code CEL(expression)}, and {@code TYPED_CEL(expression)}, which keeps its type in JSON. */
final class CelCommands {
  private CelCommands() {}

  static Command text(String expression) throws ConfigException {
    return new Text(Expression.parse(expression, "expression"));
  }

  static Command typed(String expression) throws ConfigException {
    Expression compiled = Expression.parse(expression, "expression");
    Command text = new Text(compiled);
    return new Command() {
      @Override
      public boolean append(StreamInfo stream, StringBuilder out) {
        return text.append(stream, out);
      }

      @Override
      public Command inJson() {
        return (stream, out) -> {
          Object value = compiled.of(stream);
          if (value != null) {
            json(value, out);
          }
          return value != null;
        };
      }
    };
  }

  private record Text(Expression expression) implements Command {
    @Override
    public boolean append(StreamInfo stream, StringBuilder out) {
      Object value = expression.of(stream);
      if (value == null) {
        return false;
      }
      if (value instanceof Map || value instanceof List) {
        json(value, out);
      } else {
        out.append(plain(value));
      }
      return true;
    }
  }

  private static String plain(Object value) {
    return value instanceof CelByteString bytes
        ? new String(bytes.toByteArray(), StandardCharsets.UTF_8)
        : value.toString();
  }

  private static void json(@Nullable Object value, StringBuilder out) {
    if (value == null || value instanceof dev.cel.common.values.NullValue) {
      out.append("null");
    } else if (value instanceof Map<?, ?> map) {
      String separator = "{";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(separator);
        JsonString.quote(String.valueOf(entry.getKey()), out);
        out.append(':');
        json(entry.getValue(), out);
        separator = ",";
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> list) {
      String separator = "[";
      for (Object element : list) {
        out.append(separator);
        json(element, out);
        separator = ",";
      }
      out.append(list.isEmpty() ? "[]" : "]");
    } else if (value instanceof Number
        || value instanceof Boolean
        || value instanceof UnsignedLong) {
      out.append(value);
    } else {
      JsonString.quote(plain(value), out);
    }
  }
}
