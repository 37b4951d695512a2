package io.bifocal.dataplane.cli.probe;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells in sentences how a run went.
 *
 * @param width of a line, in columns
 */
record Story(int width, Palette palette) {

  /** What became of it, what it cost, and what is wrong with those that failed. */
  List<String> of(Run run) {
    List<String> lines = new ArrayList<>();
    Attempt winner = run.winner();
    if (winner == null) {
      wrap(notConnected(run)).forEach(line -> lines.add(palette.bad(line)));
    } else {
      wrap(connected(run, winner)).forEach(line -> lines.add(palette.good(line)));
    }
    if (run.session() != null) {
      lines.addAll(wrap(session(run.session())));
    }
    explained(run).forEach((why, whose) -> lines.addAll(wrap(Words.list(whose) + ": " + why)));
    return lines;
  }

  /** The same in one line, for one run of many. */
  String inShort(Run run) {
    Attempt winner = run.winner();
    return winner == null ? palette.bad(notConnected(run)) : palette.good(connected(run, winner));
  }

  /** Whose failures have one explanation. */
  private static Map<String, List<String>> explained(Run run) {
    Map<String, List<String>> explained = new LinkedHashMap<>();
    for (Attempt attempt : run.attempts()) {
      Failure failure = attempt.failure();
      if (failure != null) {
        explained
            .computeIfAbsent(sentence(failure), why -> new ArrayList<>())
            .add(attempt.target());
      }
    }
    return explained;
  }

  private List<String> wrap(String text) {
    return Words.wrap(text, width);
  }

  private static String connected(Run run, Attempt winner) {
    String text =
        "connected to %s (%s) after %s"
            .formatted(winner.address().text(), how(winner), Words.millis(run.nanos()));
    List<Attempt> before = run.before();
    return before.isEmpty()
        ? text
        : "%s, %s of it lost to %s"
            .formatted(text, Words.millis(run.lostNanos()), obstacles(before));
  }

  private static String how(Attempt winner) {
    String family = Words.family(winner.address().family());
    return winner.isHttp3() ? family + ", HTTP/3" : family;
  }

  private static String obstacles(List<Attempt> attempts) {
    return Words.list(attempts.stream().map(Story::obstacle).toList());
  }

  private static String obstacle(Attempt attempt) {
    Failure failure = attempt.failure();
    return attempt.target()
        + (failure == null ? " (silent)" : " (" + failure.reason().words() + ")");
  }

  private static String notConnected(Run run) {
    String text = "not connected after " + Words.millis(run.nanos());
    Failure failure = run.failure();
    return run.attempts().isEmpty() && failure != null
        ? text + ": " + sentence(failure)
        : text + ": " + obstacles(run.attempts());
  }

  private static String sentence(Failure failure) {
    String words = failure.reason().words();
    return failure.advice().isEmpty() ? words : words + ": " + failure.advice();
  }

  private static String session(TlsSession session) {
    String alpn = session.alpn() == null ? "no ALPN" : "ALPN " + session.alpn();
    String agreed = session.protocol() + ", " + session.cipher() + ", " + alpn;
    TlsSession.PeerCertificate certificate = session.certificate();
    return certificate == null
        ? agreed
        : "%s; certificate of %s from %s, until %s"
            .formatted(
                agreed,
                certificate.subject(),
                certificate.issuer(),
                LocalDate.ofInstant(certificate.notAfter(), ZoneOffset.UTC));
  }
}
