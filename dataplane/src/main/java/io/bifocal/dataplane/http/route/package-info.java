/**
 * From a request to what is to be done with it: a {@code RouteConfiguration} compiled into an
 * immutable {@link io.bifocal.dataplane.http.route.RouteTable}. No sockets, no clock.
 */
@NullMarked
package io.bifocal.dataplane.http.route;

import org.jspecify.annotations.NullMarked;
