package io.bifocal.api.tree;

/** Something wrong at a line; 0 where no line is known. The message is one line of text. */
public final class TreeException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  public TreeException(int line, String message) {
    super(message, null, false, false);
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
