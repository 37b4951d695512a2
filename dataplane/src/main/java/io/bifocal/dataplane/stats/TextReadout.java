package io.bifocal.dataplane.stats;

/** A short text, e.g. a version. Settable from anywhere. */
public final class TextReadout extends Statistic {
  private volatile String value = "";

  TextReadout(ScopeName scope, String local) {
    super(scope, local);
  }

  public void set(String text) {
    value = text;
  }

  public String value() {
    return value;
  }
}
