/**
 * Happy Eyeballs on the wire. Most suites run both subjects on the near side of the wire lab
 * (folder {@code lab}, which wants root): every SYN is seen, and packets are delayed, lost or
 * refused by address. They begin with a {@link io.bifocal.conformance.rfc8305.Race}. One suite
 * needs nothing but loopback sockets that answer, refuse or stay silent.
 */
@NullMarked
package io.bifocal.conformance.rfc8305;

import org.jspecify.annotations.NullMarked;
