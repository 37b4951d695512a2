package io.bifocal.xds.internal.state;

import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.time.Loop;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * What the ledgers of all types of one stream share.
 *
 * @param chance uniform in [0, 1): jitter
 * @param tickets ever higher numbers: answers are sent in the order in which they became due
 * @param due told whenever a request may have become due
 * @param refused how much may be kept of what was refused
 */
public record Surroundings(
    Loop loop,
    DoubleSupplier chance,
    LongSupplier tickets,
    Runnable due,
    RefusedLimit refused,
    TransportObserver observer) {}
