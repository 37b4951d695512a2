/**
 * Per worker and per host: connections that are ready to use. A pool connects on demand, through a
 * race, and hands out only connected channels; who must wait, waits in a bounded queue.
 */
@NullMarked
package io.bifocal.dataplane.pool;

import org.jspecify.annotations.NullMarked;
