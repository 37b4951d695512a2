package io.bifocal.dataplane.dns;

import java.net.IDN;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Names as RFC 1035 has them. */
final class DomainName {
  private static final int MAX_LENGTH = 253;
  private static final int MAX_LABEL = 63;

  private DomainName() {}

  /** The name as it goes over the wire, without a trailing dot; empty when it cannot. */
  static Optional<String> ascii(String name) {
    try {
      String ascii = withoutRoot(IDN.toASCII(name));
      boolean fits =
          ascii.length() <= MAX_LENGTH
              && Stream.of(ascii.split("\\.", -1))
                  .allMatch(label -> !label.isEmpty() && label.length() <= MAX_LABEL);
      return fits ? Optional.of(ascii) : Optional.empty();
    } catch (IllegalArgumentException labelTooLong) {
      return Optional.empty();
    }
  }

  static String withoutRoot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** Two names with the same key are the same name. */
  static String key(String name) {
    return withoutRoot(name).toLowerCase(Locale.ROOT);
  }
}
