/**
 * Resources that the embedder holds in memory, in a control plane's place: they go the same way as
 * what comes from a server, through decoding and checks to the watchers' verdicts.
 */
@NullMarked
package io.bifocal.xds.memory;

import org.jspecify.annotations.NullMarked;
