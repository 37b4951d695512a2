/**
 * Faults while load runs: numbered requests of HTTP/1.1 and HTTP/2 whose every answer and every
 * arrival upstream is written down, so that what is lost, doubled or torn shows; and what the proxy
 * holds before and after.
 */
@NullMarked
package io.bifocal.conformance.stress;

import org.jspecify.annotations.NullMarked;
