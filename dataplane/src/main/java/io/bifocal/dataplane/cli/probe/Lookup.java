package io.bifocal.dataplane.cli.probe;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a resolver answered to one question, or that it had not when the run was over.
 *
 * @param question the types of records asked for, e.g. {@code AAAA}
 * @param askedNanos since the run began
 * @param endedNanos since the run began
 * @param answered whether there was an answer by then, or a failure
 * @param addresses in the order in which they came
 * @param failure why there is no answer; null when there is one, even without addresses
 */
record Lookup(
    String question,
    long askedNanos,
    long endedNanos,
    boolean answered,
    List<InetAddress> addresses,
    @Nullable Failure failure) {}
