/**
 * YAML and JSON to messages: a bounded tree that remembers its lines, and a walk over it that is
 * driven by the message's descriptor, so that every complaint names a line and a field path.
 */
@NullMarked
package io.bifocal.api.tree;

import org.jspecify.annotations.NullMarked;
