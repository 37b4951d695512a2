package io.bifocal.dataplane.admin;

/** What is answered; the body goes out in pieces as the client reads. */
record Answer(int status, String contentType, CharSequence body) {
  private static final String TEXT = "text/plain; charset=UTF-8";

  static Answer text(CharSequence body) {
    return new Answer(200, TEXT, body);
  }

  static Answer json(CharSequence body) {
    return new Answer(200, "application/json", body);
  }

  static Answer html(CharSequence body) {
    return new Answer(200, "text/html; charset=UTF-8", body);
  }

  static Answer error(int status, CharSequence body) {
    return new Answer(status, TEXT, body);
  }

  static Answer ok() {
    return text("OK\n");
  }
}
