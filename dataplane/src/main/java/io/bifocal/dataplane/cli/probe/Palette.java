package io.bifocal.dataplane.cli.probe;

/**
 * Colours of a terminal, or none.
 *
 * @param coloured whether the reader is a terminal that understands them
 */
record Palette(boolean coloured) {
  private static final String ESCAPE = "\u001b[";

  String good(String text) {
    return in("32", text);
  }

  String bad(String text) {
    return in("31", text);
  }

  String faint(String text) {
    return in("2", text);
  }

  String strong(String text) {
    return in("1", text);
  }

  private String in(String code, String text) {
    return coloured ? ESCAPE + code + "m" + text + ESCAPE + "0m" : text;
  }
}
