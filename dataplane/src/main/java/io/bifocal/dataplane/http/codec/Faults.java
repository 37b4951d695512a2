package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http3.Http3Exception;
import io.netty.handler.codec.http3.Http3HeadersValidationException;
import io.netty.handler.codec.quic.QuicException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Exceptions that are no peer's doing: they end a connection, but not unseen. */
final class Faults {
  private static final Logger log = LoggerFactory.getLogger(Faults.class);

  /** Enough to see what is wrong: every request might bring one about. */
  private static final int LOGGED = 100;

  private static final AtomicInteger seen = new AtomicInteger();

  private Faults() {}

  /** Logs what is a fault, and nothing else. */
  static void report(Throwable cause) {
    boolean ofPeer =
        cause instanceof IOException
            || cause instanceof CodecException
            || cause instanceof Http2Exception
            || cause instanceof Http3Exception
            || cause instanceof Http3HeadersValidationException
            || cause instanceof QuicException;
    if (!ofPeer && seen.get() < LOGGED && seen.getAndIncrement() < LOGGED) {
      log.error("a connection is closed after a fault of the proxy's own", cause);
    }
  }
}
