package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Arrays;

/**
 * Headers as they stand in a message, one behind the other; nothing is validated. A head has so few
 * that looking through them costs less than what a table would have to be made of. Most names that
 * are asked for are not there, which a mask of those that are tells at once.
 */
class HeaderList extends PlacedHeaders {
  private static final int PAIR = 2;
  private static final CharSequence[] NO_PAIRS = {};
  private static final int[] NO_HASHES = {};

  // Names and values in turn.
  private CharSequence[] pairs;
  private int[] hashes;
  private int size;
  // One bit for the hash of every name that is or was there.
  private long seen;

  HeaderList(int capacity) {
    pairs = capacity == 0 ? NO_PAIRS : new CharSequence[capacity * PAIR];
    hashes = capacity == 0 ? NO_HASHES : new int[capacity];
  }

  HeaderList(HeaderList of) {
    pairs = of.pairs.clone();
    hashes = of.hashes.clone();
    size = of.size;
    seen = of.seen;
  }

  // ---- by place

  @Override
  final CharSequence nameAt(int index) {
    return pairs[index * PAIR];
  }

  @Override
  final CharSequence valueAt(int index) {
    return pairs[index * PAIR + 1];
  }

  final void setValueAt(int index, CharSequence value) {
    pairs[index * PAIR + 1] = value;
  }

  final void dropLast() {
    size--;
  }

  @Override
  final void append(CharSequence name, CharSequence value) {
    if (size == hashes.length) {
      int capacity = Math.max(4, size * 2);
      hashes = Arrays.copyOf(hashes, capacity);
      pairs = Arrays.copyOf(pairs, capacity * PAIR);
    }
    int hash = AsciiString.hashCode(name);
    seen |= 1L << hash;
    hashes[size] = hash;
    pairs[size * PAIR] = name;
    pairs[size * PAIR + 1] = value;
    size++;
  }

  @Override
  final int find(CharSequence name, int start) {
    int hash = AsciiString.hashCode(name);
    if ((seen & 1L << hash) == 0) {
      return -1;
    }
    for (int i = start; i < size; i++) {
      if (hashes[i] == hash && isSame(pairs[i * PAIR], name)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isSame(CharSequence one, CharSequence other) {
    return one == other || AsciiString.contentEqualsIgnoreCase(one, other);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public HttpHeaders remove(CharSequence name) {
    for (int i = find(name, 0); i >= 0; i = find(name, i)) {
      size--;
      System.arraycopy(hashes, i + 1, hashes, i, size - i);
      System.arraycopy(pairs, (i + 1) * PAIR, pairs, i * PAIR, (size - i) * PAIR);
    }
    return this;
  }

  @Override
  public HttpHeaders clear() {
    size = 0;
    seen = 0;
    return this;
  }

  @Override
  public HttpHeaders copy() {
    return new HeaderList(this);
  }
}
