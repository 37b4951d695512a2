/**
 * Envoy's messages made usable: types by URL, readable formats to message with the path of what is
 * wrong, the constraints of {@code validate.rules}, unknown fields, redaction, printing.
 */
@NullMarked
package io.bifocal.api;

import org.jspecify.annotations.NullMarked;
