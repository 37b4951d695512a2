package io.bifocal.dataplane.transport.tls;

import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLContext;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * BoringSSL's side of a context, for what Netty has no method for. Netty keeps it in a field for
 * its subclasses, and lets nobody else make one.
 */
final class LibraryContext {
  private static final Logger log = LoggerFactory.getLogger(LibraryContext.class);
  private static final @Nullable VarHandle FIELD = find();

  private LibraryContext() {}

  private static @Nullable VarHandle find() {
    try {
      return MethodHandles.privateLookupIn(
              ReferenceCountedOpenSslContext.class, MethodHandles.lookup())
          .findVarHandle(ReferenceCountedOpenSslContext.class, "ctx", long.class);
    } catch (ReflectiveOperationException e) {
      log.warn("this Netty has its contexts elsewhere: no keys of TLS are written down", e);
      return null;
    }
  }

  /** As {@code SSLContext} takes it; 0 where there is none, or none that can be had. */
  static long of(SslContext context) {
    return FIELD != null && context instanceof ReferenceCountedOpenSslContext boringSsl
        ? (long) FIELD.get(boringSsl)
        : 0;
  }

  /** Whether the library understands these rules, and anything is left by them. */
  static boolean takesCiphers(String rules) {
    try {
      long context = SSLContext.make(SSL.SSL_PROTOCOL_TLS, SSL.SSL_MODE_CLIENT);
      try {
        return SSLContext.setCipherSuite(context, rules, false);
      } finally {
        SSLContext.free(context);
      }
    } catch (Exception e) {
      return false;
    }
  }

  /**
   * Has a context obey rules for ciphers, of which Netty takes but names.
   *
   * @return false where there is none that can be had
   */
  static boolean setCiphers(SslContext of, String rules) throws SSLException {
    long context = of(of);
    try {
      return context != 0 && SSLContext.setCipherSuite(context, rules, false);
    } catch (Exception e) {
      throw new SSLException("'" + rules + "': " + e.getMessage(), e);
    }
  }
}
