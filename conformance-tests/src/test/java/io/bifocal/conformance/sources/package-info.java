/**
 * Where resources come from besides a stream, beside the real Envoy: files, and servers that are
 * polled.
 */
@NullMarked
package io.bifocal.conformance.sources;

import org.jspecify.annotations.NullMarked;
