/** Load reports (LRS): what a server of them hears of Envoy and of Bifocal. */
@NullMarked
package io.bifocal.conformance.load;

import org.jspecify.annotations.NullMarked;
