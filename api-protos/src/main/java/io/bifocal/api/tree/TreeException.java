package io.bifocal.api.tree;

import java.util.regex.Pattern;

/** Something wrong at a line; 0 where no line is known. The message is one line of text. */
public final class TreeException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Keys and values are quoted in messages, and those go into logs. */
  private static final Pattern CONTROLS = Pattern.compile("\\p{Cntrl}");

  private final int line;

  public TreeException(int line, String message) {
    super(CONTROLS.matcher(message).replaceAll(" "), null, false, false);
    this.line = line;
  }

  public int line() {
    return line;
  }

  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
