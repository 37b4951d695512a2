/** Messages printed as JSON, in the very form of protobuf's C++ library. */
@NullMarked
package io.bifocal.api.json;

import org.jspecify.annotations.NullMarked;
