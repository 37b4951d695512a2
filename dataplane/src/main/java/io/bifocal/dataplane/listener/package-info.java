/**
 * Listeners: those of the bootstrap and those of LDS, warmed and then swapped in. Their sockets
 * outlive their versions, so that a change loses no connection; what the old version accepted
 * drains.
 */
@NullMarked
package io.bifocal.dataplane.listener;

import org.jspecify.annotations.NullMarked;
