/**
 * Lets a request wait for a route or a cluster that a control plane sends only when it is asked.
 */
@NullMarked
package io.bifocal.dataplane.http.filter.ondemand;

import org.jspecify.annotations.NullMarked;
