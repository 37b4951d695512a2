/**
 * An ADS server that says exactly what a test tells it to, however wrong, and writes down every
 * request.
 */
@NullMarked
package io.bifocal.conformance.scripted;

import org.jspecify.annotations.NullMarked;
