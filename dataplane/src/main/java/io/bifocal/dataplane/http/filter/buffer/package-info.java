/** Holds a request until it is whole, so that the upstream never waits for a slow client. */
@NullMarked
package io.bifocal.dataplane.http.filter.buffer;

import org.jspecify.annotations.NullMarked;
