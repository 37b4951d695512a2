/**
 * The HTTP connection manager: takes a connection, reads its requests, finds each one's route, and
 * answers, by itself or through the router. Everything of one connection lives on one worker.
 */
@NullMarked
package io.bifocal.dataplane.http;

import org.jspecify.annotations.NullMarked;
