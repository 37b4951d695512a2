/**
 * The {@code validate.rules} of the API's descriptors, compiled once per type into checks that give
 * the very words of the validators that Envoy is built with.
 */
@NullMarked
package io.bifocal.api.constraint;

import org.jspecify.annotations.NullMarked;
