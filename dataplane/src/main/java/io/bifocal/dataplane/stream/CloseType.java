package io.bifocal.dataplane.stream;

/** How a connection was seen to end. Source: Envoy's {@code DetectedCloseType}. */
public enum CloseType {
  NORMAL("Normal"),
  /** Reset here. */
  LOCAL_RESET("LocalReset"),
  /** Reset by the peer. */
  REMOTE_RESET("RemoteReset");

  private final String text;

  CloseType(String text) {
    this.text = text;
  }

  /** As Envoy names it. */
  public String text() {
    return text;
  }
}
