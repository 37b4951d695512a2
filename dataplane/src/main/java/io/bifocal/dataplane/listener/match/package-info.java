/**
 * Which filter chain takes a connection: by {@code filter_chain_match}, or by a tree of matchers.
 */
@NullMarked
package io.bifocal.dataplane.listener.match;

import org.jspecify.annotations.NullMarked;
