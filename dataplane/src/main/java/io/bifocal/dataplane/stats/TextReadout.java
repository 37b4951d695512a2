package io.bifocal.dataplane.stats;

/** A short text, e.g. a version. Settable from anywhere. */
public final class TextReadout {
  private final StatName name;
  private volatile String value = "";

  TextReadout(StatName name) {
    this.name = name;
  }

  public StatName name() {
    return name;
  }

  public void set(String text) {
    value = text;
  }

  public String value() {
    return value;
  }
}
