/**
 * Tells when a file was moved into place. Writing in place never counts: who writes is not done
 * with it. {@link io.bifocal.xds.file.FileWatcher} is the seam to the file system.
 */
@NullMarked
package io.bifocal.xds.file;

import org.jspecify.annotations.NullMarked;
