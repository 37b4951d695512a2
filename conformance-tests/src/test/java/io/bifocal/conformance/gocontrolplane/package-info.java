/** go-control-plane's own integration driver, unmodified, against the whole program. */
@NullMarked
package io.bifocal.conformance.gocontrolplane;

import org.jspecify.annotations.NullMarked;
