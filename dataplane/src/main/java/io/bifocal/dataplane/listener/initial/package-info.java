/**
 * Clients of QUIC before they have a connection: what their Initial packets say, and how those are
 * answered.
 */
@NullMarked
package io.bifocal.dataplane.listener.initial;

import org.jspecify.annotations.NullMarked;
