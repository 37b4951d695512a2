/**
 * Listener filters: they look at the first bytes of a connection, or ask the system about it,
 * before a filter chain is chosen.
 */
@NullMarked
package io.bifocal.dataplane.listener.filter;

import org.jspecify.annotations.NullMarked;
