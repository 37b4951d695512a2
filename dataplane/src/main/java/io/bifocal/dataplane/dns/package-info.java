/**
 * The addresses of names. {@link io.bifocal.dataplane.dns.Resolver} is the seam that clusters ask:
 * a DNS client of our own on Netty's codec, or the system's resolver. {@code Lookup} decides,
 * without sockets or clock, which question is put when and what an answer means; {@code Inquiry}
 * puts one question to one server after the other; {@code NettyExchanges} is the shell. {@link
 * io.bifocal.dataplane.dns.DestinationOrder} sorts what was found (RFC 6724).
 */
@NullMarked
package io.bifocal.dataplane.dns;

import org.jspecify.annotations.NullMarked;
