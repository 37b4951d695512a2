/**
 * What leaves the proxy for people: access logs, and races drawn for a terminal. Named only by the
 * composition root.
 */
@NullMarked
package io.bifocal.dataplane.observe;

import org.jspecify.annotations.NullMarked;
