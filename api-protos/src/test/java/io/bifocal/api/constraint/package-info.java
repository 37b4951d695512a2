/** Bounds and the texts that a Go program would write. */
@NullMarked
package io.bifocal.api.constraint;

import org.jspecify.annotations.NullMarked;
