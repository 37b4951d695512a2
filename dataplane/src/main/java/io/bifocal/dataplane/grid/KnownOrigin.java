package io.bifocal.dataplane.grid;

import java.time.Duration;
import java.util.List;

/**
 * What an origin has said, and how far it is.
 *
 * @param roundTrip zero while it is unknown
 */
record KnownOrigin(Origin origin, List<AlternateProtocol> protocols, Duration roundTrip) {}
