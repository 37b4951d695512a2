package io.bifocal.conformance.http2;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Stage;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/**
 * Runs h2spec: what RFC 9113 and RFC 7541 ask of a server, case by case. Its sections run side by
 * side, as a case that fails waits its time out.
 */
final class H2Spec {
  private static final List<String> SECTIONS =
      List.of(
          "generic",
          "http2/3",
          "http2/4",
          "http2/5.1",
          "http2/5.3",
          "http2/5.4",
          "http2/5.5",
          "http2/6.1",
          "http2/6.2",
          "http2/6.3",
          "http2/6.4",
          "http2/6.5",
          "http2/6.7",
          "http2/6.8",
          "http2/6.9",
          "http2/6.10",
          "http2/7",
          "http2/8",
          "hpack");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private H2Spec() {}

  /**
   * One case.
   *
   * @param name its section and what it does
   * @param failure what the server did in place of what it must; empty when it did that
   */
  record Case(String name, String failure) {
    boolean passed() {
      return failure.isEmpty();
    }
  }

  /** Every case, in the order of the RFCs. */
  static List<Case> run(Stage stage, InetSocketAddress server) throws Exception {
    List<Program> running = new ArrayList<>();
    List<Path> reports = new ArrayList<>();
    for (int i = 0; i < SECTIONS.size(); i++) {
      Path report = stage.directory().resolve("h2spec-" + i + ".xml");
      reports.add(report);
      running.add(
          stage.run(
              "h2spec",
              List.of(
                  Peers.require("h2spec").toString(),
                  SECTIONS.get(i),
                  "--strict",
                  "--timeout",
                  "2",
                  "--host",
                  server.getAddress().getHostAddress(),
                  "--port",
                  Integer.toString(server.getPort()),
                  "--junit-report",
                  report.toString())));
    }
    List<Case> cases = new ArrayList<>();
    for (int i = 0; i < running.size(); i++) {
      running.get(i).awaitExit(PATIENCE);
      cases.addAll(read(reports.get(i)));
    }
    return cases;
  }

  private static List<Case> read(Path report) throws Exception {
    Element root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(readable(report))))
            .getDocumentElement();
    NodeList all = root.getElementsByTagName("testcase");
    List<Case> cases = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      Element one = (Element) all.item(i);
      String name = one.getAttribute("package") + ": " + one.getAttribute("classname");
      String failure = text(one, "failure") + text(one, "error") + text(one, "skipped");
      cases.add(new Case(name, failure.strip()));
    }
    return cases;
  }

  // It quotes what it got, byte by byte; those that XML does not know are left out.
  private static String readable(Path report) throws IOException {
    return Files.readString(report, StandardCharsets.ISO_8859_1)
        .replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]", "");
  }

  private static String text(Element of, String tag) {
    NodeList all = of.getElementsByTagName(tag);
    return all.getLength() == 0 ? "" : tag + ": " + all.item(0).getTextContent();
  }
}
