/**
 * Limits on how often requests may come, counted by this proxy alone: token buckets that all
 * workers, or the requests of one connection, draw from.
 */
@NullMarked
package io.bifocal.dataplane.http.filter.localratelimit;

import org.jspecify.annotations.NullMarked;
