/**
 * Faults between a control plane and a subject, and control planes that flap and flood: requests go
 * on being answered meanwhile, and what was pushed last is what is served in the end.
 */
@NullMarked
package io.bifocal.conformance.faults;

import org.jspecify.annotations.NullMarked;
