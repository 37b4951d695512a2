/**
 * HTTP filters: what a request and its answer pass between the connection manager and the router.
 *
 * <p>An {@link io.bifocal.dataplane.http.filter.HttpFilterFactory} reads a filter's configuration,
 * on the control loop; what it returns makes an {@link io.bifocal.dataplane.http.filter.HttpFilter}
 * for each stream, on the stream's worker. Requests pass the filters in their configured order, and
 * answers in the reverse one. A filter may change what passes, hold it and go on later, or answer
 * by itself. Without a filter before the router none of this is made.
 *
 * <p>Some kinds can also stand between the router and an upstream; there the codec is what comes
 * behind them.
 */
@NullMarked
package io.bifocal.dataplane.http.filter;

import org.jspecify.annotations.NullMarked;
