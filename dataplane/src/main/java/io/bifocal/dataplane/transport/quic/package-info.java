/** Transport sockets over QUIC (RFC 9000): connections made of datagrams, TLS 1.3 within them. */
@NullMarked
package io.bifocal.dataplane.transport.quic;

import org.jspecify.annotations.NullMarked;
