/**
 * Conditions, as Envoy's matchers express them: on texts ({@link
 * io.bifocal.dataplane.match.StringMatch}, whose regular expressions are RE2's), on addresses
 * ({@link io.bifocal.dataplane.match.IpRange}), and trees of conditions with actions at their
 * leaves ({@link io.bifocal.dataplane.match.MatchTree}).
 *
 * <p>What a tree can look at is told by {@link io.bifocal.dataplane.match.MatchInputs}, and what
 * its actions are by whoever reads it ({@link io.bifocal.dataplane.match.MatchTreeReader}).
 */
@NullMarked
package io.bifocal.dataplane.match;

import org.jspecify.annotations.NullMarked;
