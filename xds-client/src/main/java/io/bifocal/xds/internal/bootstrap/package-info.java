/** What configuration says about sources of resources, checked once and turned into records. */
@NullMarked
package io.bifocal.xds.internal.bootstrap;

import org.jspecify.annotations.NullMarked;
