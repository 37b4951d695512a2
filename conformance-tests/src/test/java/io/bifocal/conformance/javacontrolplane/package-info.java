/**
 * java-control-plane, unmodified, against the whole program: in this JVM, and in one of its own.
 */
@NullMarked
package io.bifocal.conformance.javacontrolplane;

import org.jspecify.annotations.NullMarked;
