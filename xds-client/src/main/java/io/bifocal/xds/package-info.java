/**
 * The door of the xDS client. {@link io.bifocal.xds.XdsClient} watches types and names on a control
 * plane; a watcher answers each update with a {@link io.bifocal.xds.Verdict}, and the verdict
 * becomes the ACK or the NACK. Everything behind this package is an implementation detail.
 */
@NullMarked
package io.bifocal.xds;

import org.jspecify.annotations.NullMarked;
