/**
 * The one door to time. A {@link io.bifocal.xds.time.Loop} is a serial executor, its clock and its
 * timers together, so that whatever runs on one can be run in virtual time: {@link
 * io.bifocal.xds.time.VirtualTime} is the fake, shipped for our tests and for yours.
 */
@NullMarked
package io.bifocal.xds.time;

import org.jspecify.annotations.NullMarked;
