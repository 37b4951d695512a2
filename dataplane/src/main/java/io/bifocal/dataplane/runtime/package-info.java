/**
 * The runtime: values by dotted key that an operator may set beside the configuration, in layers of
 * which a later one wins. A snapshot is immutable.
 */
@NullMarked
package io.bifocal.dataplane.runtime;

import org.jspecify.annotations.NullMarked;
