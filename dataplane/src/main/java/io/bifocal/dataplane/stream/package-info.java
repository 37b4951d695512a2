/**
 * What is known of a request or a connection while it passes: {@link
 * io.bifocal.dataplane.stream.StreamInfo}. Headers, access logs and statistics are made of it.
 */
@NullMarked
package io.bifocal.dataplane.stream;

import org.jspecify.annotations.NullMarked;
