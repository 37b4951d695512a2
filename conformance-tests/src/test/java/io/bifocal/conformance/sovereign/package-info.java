/** sovereign, a control plane that is polled over HTTP, against the whole program. */
@NullMarked
package io.bifocal.conformance.sovereign;

import org.jspecify.annotations.NullMarked;
