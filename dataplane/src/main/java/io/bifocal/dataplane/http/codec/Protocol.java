package io.bifocal.dataplane.http.codec;

/** A version of HTTP that a client speaks. */
public enum Protocol {
  HTTP_1_0("HTTP/1.0"),
  HTTP_1_1("HTTP/1.1"),
  HTTP_2("HTTP/2"),
  HTTP_3("HTTP/3");

  private final String text;

  Protocol(String text) {
    this.text = text;
  }

  /** As in {@code %PROTOCOL%}. */
  public String text() {
    return text;
  }

  /** Whether a connection carries several exchanges at once. */
  public boolean isMultiplexed() {
    return this == HTTP_2 || this == HTTP_3;
  }

  /** What {@code %RESPONSE_CODE_DETAILS%} says of bytes that cannot be read. */
  public String codecError() {
    return switch (this) {
      case HTTP_1_0, HTTP_1_1 -> "http1.codec_error";
      case HTTP_2 -> "http2.codec_error";
      case HTTP_3 -> "http3.codec_error";
    };
  }
}
