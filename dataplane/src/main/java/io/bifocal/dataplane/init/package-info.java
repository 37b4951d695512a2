/**
 * Who must be ready first. An {@link io.bifocal.dataplane.init.InitManager} waits for its targets:
 * the server for its clusters and listeners, a listener for its routes. What is subscribed to is
 * ready with its {@link io.bifocal.dataplane.init.FirstAnswer}.
 */
@NullMarked
package io.bifocal.dataplane.init;

import org.jspecify.annotations.NullMarked;
