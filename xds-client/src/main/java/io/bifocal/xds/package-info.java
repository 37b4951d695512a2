/**
 * The door of the xDS client. {@link io.bifocal.xds.XdsClient} watches types and names on a control
 * plane; a watcher answers each update with a {@link io.bifocal.xds.Verdict}, and the verdict
 * becomes the ACK or the NACK. What is below {@code io.bifocal.xds.internal} is no API and changes
 * without notice.
 */
@NullMarked
package io.bifocal.xds;

import org.jspecify.annotations.NullMarked;
