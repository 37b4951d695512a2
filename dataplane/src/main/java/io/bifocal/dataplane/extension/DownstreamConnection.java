package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.host.Address;

/**
 * What the listener knows of a connection it accepted.
 *
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}, 1 MiB unless configured
 */
public record DownstreamConnection(
    long id, Address remote, Address local, String filterChainName, int bufferLimit) {}
