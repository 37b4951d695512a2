/**
 * HTTP on the wire, behind four small interfaces that say nothing of a version: what a server's
 * codec hands on and is handed, and the same for a client's. HTTP/1 is parsed and written here, the
 * frames of HTTP/2 and of HTTP/3 are Netty's.
 */
@NullMarked
package io.bifocal.dataplane.http.codec;

import org.jspecify.annotations.NullMarked;
