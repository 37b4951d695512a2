package io.bifocal.dataplane.grid;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a field {@code Alt-Svc} says. Source: RFC 7838 section 3. */
public sealed interface AltSvc {
  /** Whatever was said before is void. */
  record Clear() implements AltSvc {}

  /** These, in order of preference, in the place of what was said before. */
  record Services(List<Service> services) implements AltSvc {}

  /**
   * One alternative.
   *
   * @param protocol its ALPN protocol id, e.g. {@code h3}
   * @param host another host, or empty for the same
   * @param maxAge from when the answer was made
   * @param persist whether it outlives a change of the network
   */
  record Service(String protocol, String host, int port, Duration maxAge, boolean persist) {}

  /** What holds without {@code ma}. */
  Duration DEFAULT_MAX_AGE = Duration.ofHours(24);

  /** Empty when the field is not as it should be: then all of it is ignored, as Envoy does. */
  static Optional<AltSvc> parse(String field) {
    return new AltSvcParser(field).parse();
  }
}
