/** Names, as a scripted DNS server hears of them: beside the real Envoy, and on real sockets. */
@NullMarked
package io.bifocal.conformance.dns;

import org.jspecify.annotations.NullMarked;
