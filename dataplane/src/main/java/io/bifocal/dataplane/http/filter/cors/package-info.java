/**
 * Cross-origin requests: answers preflights, and tells browsers which origins may read an answer.
 */
@NullMarked
package io.bifocal.dataplane.http.filter.cors;

import org.jspecify.annotations.NullMarked;
