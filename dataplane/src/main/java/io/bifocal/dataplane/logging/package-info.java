/**
 * Levels of the program's loggers, by Envoy's names for them: set by flags before it runs, and by
 * {@code POST /logging} while it does.
 */
@NullMarked
package io.bifocal.dataplane.logging;

import org.jspecify.annotations.NullMarked;
