package io.bifocal.dataplane.format;

import io.bifocal.dataplane.stream.StreamInfo;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** One command of a format, its parameters bound. */
@FunctionalInterface
interface Command {
  /** A value that is there, and empty. */
  Command EMPTY = (stream, out) -> true;

  /** Appends the value for a stream, or appends nothing and answers false if there is none. */
  boolean append(StreamInfo stream, StringBuilder out);

  /** The same value as JSON has it: a string, unless it is of another type. */
  default Command inJson() {
    return JsonString.quoted(this);
  }

  /** A command whose value is written alike in a text and in JSON. */
  static Command json(Command value) {
    return new Command() {
      @Override
      public boolean append(StreamInfo stream, StringBuilder out) {
        return value.append(stream, out);
      }

      @Override
      public Command inJson() {
        return this;
      }
    };
  }

  /** A command whose value is a number; −1 where there is none. */
  static Command number(ToLongFunction<StreamInfo> value) {
    return json(
        (stream, out) -> {
          long number = value.applyAsLong(stream);
          if (number < 0) {
            return false;
          }
          out.append(number);
          return true;
        });
  }

  /** A command whose value is a text; null or empty where there is none. */
  static Command text(Text value) {
    return (stream, out) -> {
      CharSequence text = value.of(stream);
      if (text == null || text.length() == 0) {
        return false;
      }
      out.append(text);
      return true;
    };
  }

  /** The same value, cut after so many characters. */
  default Command cutAfter(int length) {
    return (stream, out) -> {
      int start = out.length();
      boolean there = append(stream, out);
      if (out.length() - start > length) {
        out.setLength(start + length);
      }
      return there;
    };
  }

  /** The same value with underscores for spaces, so that a log line splits into its fields. */
  default Command withoutSpaces() {
    return (stream, out) -> {
      int start = out.length();
      boolean there = append(stream, out);
      for (int i = start; i < out.length(); i++) {
        if (Character.isWhitespace(out.charAt(i))) {
          out.setCharAt(i, '_');
        }
      }
      return there;
    };
  }

  /** A text of a stream, or none. */
  @FunctionalInterface
  interface Text {
    @Nullable CharSequence of(StreamInfo stream);
  }
}
