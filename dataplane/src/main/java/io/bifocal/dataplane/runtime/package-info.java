/**
 * The runtime: values by dotted key that an operator or a control plane may set beside the
 * configuration, in layers of which a later one wins. A {@link
 * io.bifocal.dataplane.runtime.RuntimeSnapshot} is immutable; {@link
 * io.bifocal.dataplane.runtime.RuntimeLoader} makes a new one when a layer changes, and who reads
 * values asks a {@link io.bifocal.dataplane.runtime.RuntimeReader} each time.
 */
@NullMarked
package io.bifocal.dataplane.runtime;

import org.jspecify.annotations.NullMarked;
