/**
 * How the program starts, refuses to start, ends, and what a control plane that is absent, mute or
 * hostile does to it.
 */
@NullMarked
package io.bifocal.conformance.lifecycle;

import org.jspecify.annotations.NullMarked;
