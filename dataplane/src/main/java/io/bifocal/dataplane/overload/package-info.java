/**
 * What is done when resources run short (Envoy's overload manager): monitors are asked again and
 * again how far each is used, triggers turn that into degrees of actions, and who serves looks
 * whether an action is to be taken.
 */
@NullMarked
package io.bifocal.dataplane.overload;

import org.jspecify.annotations.NullMarked;
