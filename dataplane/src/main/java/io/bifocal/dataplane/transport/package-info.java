/**
 * Transport sockets: how bytes are protected between two peers, chosen by the type of {@code
 * transport_socket.typed_config}.
 */
@NullMarked
package io.bifocal.dataplane.transport;

import org.jspecify.annotations.NullMarked;
