/**
 * Envoy's substitution format strings ({@code %REQ(X)%}, {@code %DURATION%}, …), which access logs
 * and headers share. Compiled once, then appended to a buffer of the caller's.
 */
@NullMarked
package io.bifocal.dataplane.format;

import org.jspecify.annotations.NullMarked;
