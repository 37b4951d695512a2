/**
 * Finding a generated class by the name of its message: most names follow the rules of the API's
 * own {@code java_package}; an index of the archives answers for the rest.
 */
@NullMarked
package io.bifocal.api.types;

import org.jspecify.annotations.NullMarked;
