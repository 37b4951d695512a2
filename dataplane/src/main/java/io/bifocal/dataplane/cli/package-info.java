/**
 * The program: Envoy's flags, one clear line for what cannot be taken, exit codes. {@code
 * scripts/bifocal} starts {@link io.bifocal.dataplane.cli.Main}.
 */
@NullMarked
package io.bifocal.dataplane.cli;

import org.jspecify.annotations.NullMarked;
