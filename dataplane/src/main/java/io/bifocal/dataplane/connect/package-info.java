/**
 * Happy Eyeballs. {@code ConnectRace} decides, without sockets, clock or threads, which address is
 * tried when; {@code RaceRunner} carries its commands out on Netty and is the only place in the
 * data plane that connects a socket. Every attempt is told as an {@link
 * io.bifocal.dataplane.connect.AttemptEvent}.
 */
@NullMarked
package io.bifocal.dataplane.connect;

import org.jspecify.annotations.NullMarked;
