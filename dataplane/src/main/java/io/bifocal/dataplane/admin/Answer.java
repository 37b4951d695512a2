package io.bifocal.dataplane.admin;

import java.util.Iterator;
import java.util.List;

/** What is answered; the body's pieces are made and go out as the client reads. */
record Answer(int status, String contentType, Iterator<? extends CharSequence> body) {
  private static final String TEXT = "text/plain; charset=UTF-8";

  static Answer text(CharSequence body) {
    return text(List.of(body).iterator());
  }

  static Answer text(Iterator<? extends CharSequence> body) {
    return new Answer(200, TEXT, body);
  }

  static Answer json(CharSequence body) {
    return json(List.of(body).iterator());
  }

  static Answer json(Iterator<? extends CharSequence> body) {
    return new Answer(200, "application/json", body);
  }

  static Answer html(CharSequence body) {
    return new Answer(200, "text/html; charset=UTF-8", List.of(body).iterator());
  }

  static Answer error(int status, CharSequence body) {
    return new Answer(status, TEXT, List.of(body).iterator());
  }

  static Answer ok() {
    return text("OK\n");
  }
}
