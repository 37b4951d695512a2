/**
 * Happy Eyeballs. {@code ConnectRace} decides, without sockets, clock or threads, which address is
 * tried when; {@code RaceRunner} carries its commands out on Netty. Every attempt is told as an
 * {@link io.bifocal.dataplane.connect.AttemptEvent}. No other package of the data plane connects a
 * socket: those of DNS questions ({@link io.bifocal.dataplane.connect.Datagrams}) come from here
 * too.
 */
@NullMarked
package io.bifocal.dataplane.connect;

import org.jspecify.annotations.NullMarked;
