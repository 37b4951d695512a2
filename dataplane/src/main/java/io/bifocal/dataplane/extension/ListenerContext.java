package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.stats.Scope;

/**
 * What a filter may know of its listener while it is made.
 *
 * @param listenerScope {@code listener.<address>.}
 * @param init who registers here keeps the listener warming
 * @param addedViaApi whether the listener came from LDS
 * @param overload what is done when resources run short
 * @param quic whether connections come over QUIC
 */
public record ListenerContext(
    String listenerName,
    Scope listenerScope,
    InitManager init,
    boolean addedViaApi,
    Overload overload,
    boolean quic) {
  /** Of a listener that no overload concerns. */
  public ListenerContext(
      String listenerName, Scope listenerScope, InitManager init, boolean addedViaApi) {
    this(listenerName, listenerScope, init, addedViaApi, Overload.unwatched(), false);
  }
}
