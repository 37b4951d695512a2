/**
 * The router: the filter that sends a request to a host of the route's cluster and brings the
 * answer back.
 */
@NullMarked
package io.bifocal.dataplane.http.router;

import org.jspecify.annotations.NullMarked;
