package io.bifocal.dataplane.grid;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads one field {@code Alt-Svc}. Source: RFC 7838 section 3, and RFC 9110 section 5.6 for tokens,
 * quoted strings and lists.
 */
final class AltSvcParser {
  private static final int MAX_PORT = 65535;
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  /** The field is not as it should be. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    Malformed() {
      super("", null, false, false); // nobody reads where it was
    }
  }

  private final String field;
  private int at;

  AltSvcParser(String field) {
    this.field = field;
  }

  Optional<AltSvc> parse() {
    if (field.strip().equals("clear")) {
      return Optional.of(new AltSvc.Clear());
    }
    try {
      return Optional.of(new AltSvc.Services(services()));
    } catch (Malformed e) {
      return Optional.empty();
    }
  }

  private List<AltSvc.Service> services() throws Malformed {
    List<AltSvc.Service> services = new ArrayList<>();
    do {
      blanks();
      if (!isAtEnd() && field.charAt(at) != ',') { // a list may have empty elements
        services.add(service());
      }
      blanks();
    } while (skip(','));
    if (!isAtEnd() || services.isEmpty()) {
      throw new Malformed();
    }
    return List.copyOf(services);
  }

  private AltSvc.Service service() throws Malformed {
    String protocol = decode(token());
    expect('=');
    String authority = quoted();
    int colon = authority.lastIndexOf(':');
    if (colon < 0) {
      throw new Malformed();
    }
    String host = host(authority.substring(0, colon));
    int port = (int) number(authority.substring(colon + 1));
    if (port == 0 || port > MAX_PORT) {
      throw new Malformed();
    }
    Duration maxAge = AltSvc.DEFAULT_MAX_AGE;
    boolean persist = false;
    for (blanks(); skip(';'); blanks()) {
      blanks();
      if (isAtEnd() || field.charAt(at) == ';' || field.charAt(at) == ',') {
        continue; // nothing between semicolons is no parameter
      }
      String name = token().toLowerCase(Locale.ROOT);
      expect('=');
      String value = !isAtEnd() && field.charAt(at) == '"' ? quoted() : token();
      if (name.equals("ma")) {
        maxAge = Duration.ofSeconds(number(value));
      } else if (name.equals("persist")) {
        persist = value.equals("1"); // other values and other parameters are to be ignored
      }
    }
    return new AltSvc.Service(protocol, host, port, maxAge, persist);
  }

  private static String host(String text) throws Malformed {
    boolean bracketed = text.startsWith("[") && text.endsWith("]") && text.length() > 2;
    if (!bracketed && text.chars().anyMatch(c -> c == ':' || c == '[' || c == ']' || c <= ' ')) {
      throw new Malformed();
    }
    return text;
  }

  /** Digits alone; what is beyond 68 years is that. */
  private static long number(String digits) throws Malformed {
    if (digits.isEmpty() || digits.chars().anyMatch(c -> c < '0' || c > '9')) {
      throw new Malformed();
    }
    long value = 0;
    for (int i = 0; i < digits.length() && value < Integer.MAX_VALUE; i++) {
      value = 10 * value + digits.charAt(i) - '0';
    }
    return Math.min(value, Integer.MAX_VALUE);
  }

  private String token() throws Malformed {
    int start = at;
    while (!isAtEnd() && isTokenCharacter(field.charAt(at))) {
      at++;
    }
    if (at == start) {
      throw new Malformed();
    }
    return field.substring(start, at);
  }

  private static boolean isTokenCharacter(char c) {
    return c < 128 && (Character.isLetterOrDigit(c) || TOKEN_MARKS.indexOf(c) >= 0);
  }

  private String quoted() throws Malformed {
    expect('"');
    StringBuilder text = new StringBuilder();
    while (!isAtEnd() && field.charAt(at) != '"') {
      if (field.charAt(at) == '\\' && ++at == field.length()) {
        throw new Malformed();
      }
      text.append(field.charAt(at++));
    }
    expect('"');
    return text.toString();
  }

  /** A protocol id has octets that are no token's as percent signs and two digits. */
  private static String decode(String token) throws Malformed {
    if (token.indexOf('%') < 0) {
      return token;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < token.length(); i++) {
      if (token.charAt(i) != '%') {
        bytes.write(token.charAt(i));
      } else if (i + 2 < token.length()) {
        bytes.write(16 * hex(token.charAt(++i)) + hex(token.charAt(++i)));
      } else {
        throw new Malformed();
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  private static int hex(char digit) throws Malformed {
    int value = digit < 128 ? Character.digit(digit, 16) : -1;
    if (value < 0) {
      throw new Malformed();
    }
    return value;
  }

  private void expect(char c) throws Malformed {
    if (!skip(c)) {
      throw new Malformed();
    }
  }

  private boolean skip(char c) {
    boolean there = !isAtEnd() && field.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private void blanks() {
    while (!isAtEnd() && (field.charAt(at) == ' ' || field.charAt(at) == '\t')) {
      at++;
    }
  }

  private boolean isAtEnd() {
    return at == field.length();
  }
}
