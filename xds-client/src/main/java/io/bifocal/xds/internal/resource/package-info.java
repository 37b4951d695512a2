/**
 * From a response to checked resources. Decoding and constraint errors refuse a response as a
 * whole, before any watcher sees it. What a stream says again is known by its bytes. It runs on the
 * decode executor.
 */
@NullMarked
package io.bifocal.xds.internal.resource;

import org.jspecify.annotations.NullMarked;
