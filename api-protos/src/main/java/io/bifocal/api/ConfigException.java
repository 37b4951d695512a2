package io.bifocal.api;

/** A configuration that cannot be taken. The message says what, where and why, in one line. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String fieldPath;

  public ConfigException(String message) {
    super(message);
    this.fieldPath = "";
  }

  /** One that concerns the field that its cause concerns. */
  public ConfigException(String message, Throwable cause) {
    super(message, cause);
    this.fieldPath = cause instanceof ConfigException inner ? inner.fieldPath : "";
  }

  private ConfigException(String message, String fieldPath) {
    super(message);
    this.fieldPath = fieldPath;
  }

  /** One that concerns a field. */
  static ConfigException at(String fieldPath, String message) {
    return new ConfigException(message, fieldPath);
  }

  /** The same of a message that stands at {@code path} in another. */
  public ConfigException under(String path) {
    String whole = fieldPath.isEmpty() ? path : path + "." + fieldPath;
    ConfigException outer = new ConfigException(path + ": " + reason(), whole);
    outer.initCause(this);
    return outer;
  }

  /** The message without the possibility of null. */
  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  /**
   * The field that is wrong, from the message that was checked, as {@code
   * virtual_hosts[0].domains}; empty when that is not known, or it is the whole.
   */
  public String fieldPath() {
    return fieldPath;
  }
}
