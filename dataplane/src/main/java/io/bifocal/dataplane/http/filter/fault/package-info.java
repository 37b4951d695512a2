/** Faults on purpose: delays, errors and slow answers, as the configuration or the client says. */
@NullMarked
package io.bifocal.dataplane.http.filter.fault;

import org.jspecify.annotations.NullMarked;
