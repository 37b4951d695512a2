/**
 * Secrets: those of the bootstrap, and those that SDS delivers. Whoever needs one leases it; each
 * is subscribed to once, while there is a lease. A new value is taken when every user can take it,
 * and refused as a whole otherwise, so that what was good stays in use and is what dumps show.
 */
@NullMarked
package io.bifocal.dataplane.secret;

import org.jspecify.annotations.NullMarked;
