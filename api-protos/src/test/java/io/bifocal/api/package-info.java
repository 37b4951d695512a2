/** What the doors of the API module promise. */
@NullMarked
package io.bifocal.api;

import org.jspecify.annotations.NullMarked;
