/**
 * What an operator asks, in Envoy's shapes: {@code /ready}, {@code /config_dump}, {@code /stats}.
 */
@NullMarked
package io.bifocal.dataplane.admin;

import org.jspecify.annotations.NullMarked;
