package io.bifocal.conformance.http2;

import io.bifocal.conformance.http2.FrameServer.Exchange;
import io.netty.handler.codec.http2.Http2Error;

/** What the upstream does, by path. */
final class Corpus implements FrameServer.Script {
  @Override
  public void onHead(Exchange exchange) {
    switch (exchange.path()) {
      case "/early" -> exchange.headers(true, ":status", "413");
      case "/early-with-body" ->
          exchange.headers(false, ":status", "200").data("no more, please", true);
      case "/early-reset" -> exchange.headers(true, ":status", "200").reset(Http2Error.NO_ERROR);
      default -> {}
    }
  }

  @Override
  public void onEnd(Exchange exchange) {
    switch (exchange.path().replaceFirst("\\?.*", "")) {
      case "/ok" -> exchange.headers(false, ":status", "200", "a", "b").data("hello", true);
      case "/length" ->
          exchange
              .headers(false, ":status", "200", "content-length", "5")
              .data("he", false)
              .data("llo", true);
      case "/empty" -> exchange.headers(true, ":status", "200");
      case "/empty-data" -> exchange.headers(false, ":status", "200").data("", true);
      case "/204" -> exchange.headers(true, ":status", "204");
      case "/304" -> exchange.headers(true, ":status", "304", "etag", "x");
      case "/head" -> exchange.headers(true, ":status", "200", "content-length", "7");
      case "/cookies" ->
          exchange.headers(true, ":status", "200", "set-cookie", "a=1", "set-cookie", "b=2");
      case "/large" ->
          exchange
              .headers(false, ":status", "200")
              .data("x".repeat(16384), false)
              .data("y".repeat(16384), false)
              .data("z".repeat(16384), true);
      case "/trailers" ->
          exchange.headers(false, ":status", "200").data("hello", false).headers(true, "t", "v");
      case "/continue" ->
          exchange
              .headers(false, ":status", "100")
              .headers(false, ":status", "103", "link", "x")
              .headers(true, ":status", "200");
      case "/echo" ->
          exchange.headers(false, ":status", "200").data(exchange.body().length() + " bytes", true);
      case "/refused" -> exchange.reset(Http2Error.REFUSED_STREAM);
      case "/internal" -> exchange.reset(Http2Error.INTERNAL_ERROR);
      case "/no-error" -> exchange.reset(Http2Error.NO_ERROR);
      case "/cancel" -> exchange.reset(Http2Error.CANCEL);
      case "/calm" -> exchange.reset(Http2Error.ENHANCE_YOUR_CALM);
      case "/connect-error" -> exchange.reset(Http2Error.CONNECT_ERROR);
      case "/protocol-error" -> exchange.reset(Http2Error.PROTOCOL_ERROR);
      case "/http11" -> exchange.reset(Http2Error.HTTP_1_1_REQUIRED);
      case "/goaway" -> exchange.goAway(0, Http2Error.NO_ERROR);
      case "/goaway-error" -> exchange.goAway(0, Http2Error.ENHANCE_YOUR_CALM);
      case "/goaway-ok" ->
          exchange.goAway(exchange.id, Http2Error.NO_ERROR).headers(true, ":status", "200");
      case "/close" -> exchange.close();
      case "/reset-amid" -> {
        exchange.headers(false, ":status", "200").data("hello", false);
        exchange.whenRead(() -> exchange.reset(Http2Error.INTERNAL_ERROR));
      }
      case "/close-amid" -> {
        exchange.headers(false, ":status", "200").data("hello", false);
        exchange.whenRead(exchange::close);
      }
      case "/garbage" -> exchange.raw("HTTP/1.1 400 Bad Request\r\n\r\nthis is no frame at all");
      case "/no-status" -> exchange.headers(true, "a", "b");
      case "/bad-status" -> exchange.headers(true, ":status", "abc");
      case "/101" -> exchange.headers(false, ":status", "101");
      case "/bad-name" -> exchange.headers(true, ":status", "200", "a b", "c");
      case "/upper-name" -> exchange.headers(true, ":status", "200", "Upper", "c");
      case "/connection-header" -> exchange.headers(true, ":status", "200", "connection", "close");
      case "/pseudo-after" -> exchange.headers(true, "a", "b", ":status", "200");
      case "/unknown-pseudo" -> exchange.headers(true, ":status", "200", ":x", "y");
      case "/data-first" -> exchange.data("hello", true);
      case "/short" ->
          exchange.headers(false, ":status", "200", "content-length", "10").data("hello", true);
      case "/large-headers" -> exchange.headers(true, ":status", "200", "a", "x".repeat(70_000));
      case "/many-headers" -> {
        String[] all = new String[2 * 121];
        all[0] = ":status";
        all[1] = "200";
        for (int i = 2; i < all.length; i += 2) {
          all[i] = "h" + i;
          all[i + 1] = "v";
        }
        exchange.headers(true, all);
      }
      default -> {} // "/silent": never
    }
  }
}
