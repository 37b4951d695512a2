/**
 * What a request needs and the control plane is asked for only then: names asked for, and the
 * requests that wait for the answer. Names belong to the control loop, waiting to a worker's.
 */
@NullMarked
package io.bifocal.dataplane.ondemand;

import org.jspecify.annotations.NullMarked;
