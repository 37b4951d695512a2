package io.bifocal.dataplane.http;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;

/** Headers of answers made here: they need no validation. */
final class LocalHeaders {
  private static final DefaultHttpHeadersFactory FACTORY =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);

  private LocalHeaders() {}

  static HttpHeaders empty() {
    return FACTORY.newHeaders();
  }
}
