/**
 * Happy Eyeballs on the wire: loopback sockets that answer, refuse or stay silent, and when
 * connections reach them.
 */
@NullMarked
package io.bifocal.conformance.rfc8305;

import org.jspecify.annotations.NullMarked;
