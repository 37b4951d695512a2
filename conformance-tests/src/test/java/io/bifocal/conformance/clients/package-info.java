/** Clients and servers that people have, through a subject: nothing of them is written for it. */
@NullMarked
package io.bifocal.conformance.clients;

import org.jspecify.annotations.NullMarked;
