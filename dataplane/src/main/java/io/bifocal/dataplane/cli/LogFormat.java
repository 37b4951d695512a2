package io.bifocal.dataplane.cli;

import io.bifocal.api.ConfigException;

/** Envoy's {@code --log-format} (spdlog's flags) as a pattern of Logback. */
final class LogFormat {
  private LogFormat() {}

  /**
   * Translates.
   *
   * @param escaped whether newlines in the message are written as {@code \n}
   * @throws ConfigException naming the flag that has no counterpart
   */
  static String toLogback(String format, boolean escaped) throws ConfigException {
    StringBuilder pattern = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        literal(pattern, c);
        continue;
      }
      if (++i == format.length()) {
        throw new ConfigException("--log-format ends in the middle of a flag: " + format);
      }
      pattern.append(flag(format.charAt(i), escaped));
    }
    return pattern.append("%n%ex").toString();
  }

  private static String flag(char flag, boolean escaped) throws ConfigException {
    return switch (flag) {
      case 'Y' -> "%d{yyyy}";
      case 'm' -> "%d{MM}";
      case 'd' -> "%d{dd}";
      case 'H' -> "%d{HH}";
      case 'M' -> "%d{mm}";
      case 'S' -> "%d{ss}";
      case 'T' -> "%d{HH:mm:ss}";
      case 'e' -> "%d{SSS}";
      case 'f' -> "%d{SSSSSS}";
      case 'z' -> "%d{XXX}";
      case 't' -> "%thread";
      case 'P' -> "%property{PID}";
      case 'l' -> "%level";
      case 'L' -> "%.-1level";
      case 'n' -> "%logger{0}";
      case 's', 'g' -> "%file";
      case '#' -> "%line";
      case '!' -> "%method";
      case 'v', '_', 'j' -> escaped || flag != 'v' ? "%replace(%msg){'\\n','\\\\n'}" : "%msg";
      case '^', '$' -> ""; // where spdlog's colours begin and end
      case '%' -> "\\%";
      default ->
          throw new ConfigException("--log-format: the flag %%%s is not known".formatted(flag));
    };
  }

  private static void literal(StringBuilder pattern, char c) {
    if (c == '\\' || c == '(' || c == ')') {
      pattern.append('\\');
    }
    pattern.append(c);
  }
}
