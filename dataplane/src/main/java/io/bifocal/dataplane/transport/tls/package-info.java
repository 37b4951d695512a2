/**
 * TLS. {@code UpstreamTls} makes the transport sockets of a cluster from {@code TlsSettings}, which
 * {@code UpstreamTlsReader} reads from an {@code UpstreamTlsContext}: an attempt of a race has
 * succeeded when its handshake has, verification included. {@code DownstreamTls} makes those of a
 * filter chain, from a {@code DownstreamTlsContext}.
 *
 * <p>The cryptography is BoringSSL's where it loads and the JDK's elsewhere. Who a peer is is
 * judged by one verifier either way, which words what it finds as Envoy does.
 */
@NullMarked
package io.bifocal.dataplane.transport.tls;

import org.jspecify.annotations.NullMarked;
