/**
 * The worker loops. A worker owns what it accepted, its pools and its shard of every statistic;
 * nothing on it takes a lock.
 */
@NullMarked
package io.bifocal.dataplane.worker;

import org.jspecify.annotations.NullMarked;
