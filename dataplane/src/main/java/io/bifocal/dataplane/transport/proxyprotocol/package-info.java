/**
 * The PROXY protocol towards upstreams: the first bytes of a connection say which client it serves.
 *
 * <p>Source: HAProxy's PROXY protocol, versions 1 and 2.
 */
@NullMarked
package io.bifocal.dataplane.transport.proxyprotocol;

import org.jspecify.annotations.NullMarked;
