/**
 * How trees are resolved: which resources a resource names, which of them are there, and when a
 * tree is whole. A {@link io.bifocal.xds.internal.tree.Tree} belongs to the client's loop; it
 * decides, and whoever made it fetches parts for it and judges what it puts together.
 */
@NullMarked
package io.bifocal.xds.internal.tree;

import org.jspecify.annotations.NullMarked;
