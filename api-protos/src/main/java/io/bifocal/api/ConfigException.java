package io.bifocal.api;

/** A configuration that cannot be taken. The message says what, where and why, in one line. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message without the possibility of null. */
  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
