/**
 * HTTP/3 with fail-over to TCP: Envoy's connectivity grid. {@code GridRace} decides, without
 * sockets, clock or threads, which of a host's pools a request asks and when; HTTP/3 over the
 * host's first two addresses is a {@link io.bifocal.dataplane.connect.ConnectRace} like any other.
 * {@code Grid} carries its commands out on pools. What servers say of HTTP/3 ({@code Alt-Svc}), and
 * whether it works, is in {@code AlternateProtocolsCache}.
 */
@NullMarked
package io.bifocal.dataplane.grid;

import org.jspecify.annotations.NullMarked;
