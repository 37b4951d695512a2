/** Conditions on texts, as Envoy's matchers express them; regular expressions are RE2's. */
@NullMarked
package io.bifocal.dataplane.match;

import org.jspecify.annotations.NullMarked;
