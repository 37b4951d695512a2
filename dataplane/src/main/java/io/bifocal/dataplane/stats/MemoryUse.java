package io.bifocal.dataplane.stats;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;

/**
 * What the process takes of memory at a moment, in bytes.
 *
 * @param heap with its garbage
 * @param heapSize what the heap has of the system
 * @param rest what the JVM keeps beside it: classes and compiled code
 * @param restSize what it has of the system for that
 * @param direct what buffers have outside the heap, in use or to be used again
 */
public record MemoryUse(long heap, long heapSize, long rest, long restSize, long direct) {
  public static MemoryUse now() {
    var memory = ManagementFactory.getMemoryMXBean();
    MemoryUsage heap = memory.getHeapMemoryUsage();
    MemoryUsage rest = memory.getNonHeapMemoryUsage();
    return new MemoryUse(
        heap.getUsed(),
        heap.getCommitted(),
        rest.getUsed(),
        rest.getCommitted(),
        Math.max(0, PlatformDependent.usedDirectMemory()));
  }

  /** In use. */
  public long allocated() {
    return heap + rest + direct;
  }

  /** Had of the system. */
  public long physical() {
    return heapSize + restSize + direct;
  }
}
