/**
 * Load reports: what was sent where, told to a control plane at the intervals that it asks for
 * ({@code envoy.service.load_stats.v3}). Who counts is a {@link io.bifocal.xds.LoadSource}.
 */
@NullMarked
package io.bifocal.xds.internal.load;

import org.jspecify.annotations.NullMarked;
