/** Hashes that must agree with Envoy's: by them a request finds its host. */
@NullMarked
package io.bifocal.dataplane.hash;

import org.jspecify.annotations.NullMarked;
