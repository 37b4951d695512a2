/** Black boxes only: real peers, real sockets, real wire. */
@NullMarked
package io.bifocal.conformance;

import org.jspecify.annotations.NullMarked;
