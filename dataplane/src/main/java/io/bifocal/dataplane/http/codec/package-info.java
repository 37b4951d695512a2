/**
 * HTTP on the wire, behind four small interfaces that say nothing of a version: what a server's
 * codec hands on and is handed, and the same for a client's. Netty parses; the writing is ours.
 */
@NullMarked
package io.bifocal.dataplane.http.codec;

import org.jspecify.annotations.NullMarked;
