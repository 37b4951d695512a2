package io.bifocal.dataplane.stats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** One shard's part of a counter or gauge. Written by the shard's owner only; read by anyone. */
public final class Cell {
  /** The value before anybody has written, so that {@code usedonly} can tell it from a zero. */
  private static final long UNTOUCHED = Long.MIN_VALUE;

  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(Cell.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("UnusedVariable") // through VALUE
  private long value = UNTOUCHED;

  Cell() {}

  public void inc() {
    add(1);
  }

  public void dec() {
    add(-1);
  }

  /** Opaque, not atomic: one writer, and readers who must see it in the end. */
  public void add(long n) {
    VALUE.setOpaque(this, get() + n);
  }

  public void set(long n) {
    VALUE.setOpaque(this, n);
  }

  long get() {
    long now = (long) VALUE.getOpaque(this);
    return now == UNTOUCHED ? 0 : now;
  }

  boolean used() {
    return (long) VALUE.getOpaque(this) != UNTOUCHED;
  }
}
