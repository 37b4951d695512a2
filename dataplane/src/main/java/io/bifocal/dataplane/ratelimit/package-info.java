/**
 * Tokens that come back with time: what limits of requests and of connections draw from, from
 * whichever worker.
 */
@NullMarked
package io.bifocal.dataplane.ratelimit;

import org.jspecify.annotations.NullMarked;
