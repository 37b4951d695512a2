package io.bifocal.dataplane.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One path of the admin interface.
 *
 * @param help one line for {@code /help}
 * @param mutates whether only POST is allowed
 */
record Endpoint(
    String path, String help, List<Parameter> parameters, boolean mutates, Handler handler) {
  /** Answers, on the admin's loop; the answer may come later, from any thread. */
  @FunctionalInterface
  interface Handler {
    CompletableFuture<Answer> answer(Request request);
  }

  /** A parameter of a query and its line for {@code /help}. */
  record Parameter(String name, String help) {}
}
