/**
 * {@code scripts/bifocal probe}: races to any host as the data plane would, and tells who raced
 * whom. What is asked ({@code Target}, {@code Rules}), what happened ({@code Run}, {@code Attempt})
 * and how it is told ({@code Drawing}, {@code Summary}, {@code JsonReport}) are plain data; {@code
 * Prober} is the shell that looks up and races, in a {@code Contest} over TCP or with HTTP/3 before
 * it.
 */
@NullMarked
package io.bifocal.dataplane.cli.probe;

import org.jspecify.annotations.NullMarked;
