package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.stats.Cell;

/**
 * One worker's cells of what a router counts beside its clusters' statistics.
 *
 * @param resetAfterResponseStarted {@code rq_reset_after_downstream_response_started}
 */
public record RouterStats(Cell resetAfterResponseStarted) {}
