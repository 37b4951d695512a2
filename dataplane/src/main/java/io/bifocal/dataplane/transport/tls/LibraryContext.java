package io.bifocal.dataplane.transport.tls;

import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
}
