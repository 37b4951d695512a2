package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;

/**
 * What a filter may know of its listener while it is made.
 *
 * @param listenerScope {@code listener.<address>.}
 * @param init who registers here keeps the listener warming
 * @param addedViaApi whether the listener came from LDS
 */
public record ListenerContext(
    String listenerName, Scope listenerScope, InitManager init, boolean addedViaApi) {}
