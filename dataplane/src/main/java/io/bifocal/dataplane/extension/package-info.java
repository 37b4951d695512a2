/**
 * Extensions by type URL: what a listener, a cluster or a log names in a {@code typed_config} is
 * looked up here. The composition root registers what there is.
 */
@NullMarked
package io.bifocal.dataplane.extension;

import org.jspecify.annotations.NullMarked;
