package io.bifocal.dataplane.http.codec;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Date;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Netty's headers, where each has its place: all that follows from what stands where. Most of what
 * Netty asks for is here, and nothing of how headers are kept.
 */
abstract class PlacedHeaders extends HttpHeaders {
  abstract CharSequence nameAt(int index);

  abstract CharSequence valueAt(int index);

  /** Where the first one of that name is, from {@code start} on; negative when there is none. */
  abstract int find(CharSequence name, int start);

  /** Another one, at the end. */
  abstract void append(CharSequence name, CharSequence value);

  /** The first value of that name, as it is kept. */
  final @Nullable CharSequence first(CharSequence name) {
    int found = find(name, 0);
    return found < 0 ? null : valueAt(found);
  }

  // ---- questions

  @Override
  public @Nullable String get(CharSequence name) {
    CharSequence value = first(name);
    return value == null ? null : value.toString();
  }

  @Override
  public @Nullable String get(String name) {
    return get((CharSequence) name);
  }

  @Override
  public List<String> getAll(CharSequence name) {
    int found = find(name, 0);
    if (found < 0) {
      return List.of();
    }
    List<String> all = new ArrayList<>(2);
    for (int i = found; i >= 0; i = find(name, i + 1)) {
      all.add(valueAt(i).toString());
    }
    return all;
  }

  @Override
  public List<String> getAll(String name) {
    return getAll((CharSequence) name);
  }

  @Override
  public boolean contains(CharSequence name) {
    return find(name, 0) >= 0;
  }

  @Override
  public boolean contains(String name) {
    return find(name, 0) >= 0;
  }

  @Override
  public boolean containsValue(CharSequence name, CharSequence value, boolean ignoreCase) {
    return contains(name) && super.containsValue(name, value, ignoreCase);
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < size(); i++) {
      names.add(nameAt(i).toString());
    }
    return names;
  }

  @Override
  public @Nullable Integer getInt(CharSequence name) {
    String value = get(name);
    try {
      return value == null ? null : Integer.valueOf(value);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  @Override
  public int getInt(CharSequence name, int otherwise) {
    Integer value = getInt(name);
    return value == null ? otherwise : value;
  }

  @Override
  public @Nullable Short getShort(CharSequence name) {
    String value = get(name);
    try {
      return value == null ? null : Short.valueOf(value);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  @Override
  public short getShort(CharSequence name, short otherwise) {
    Short value = getShort(name);
    return value == null ? otherwise : value;
  }

  @Override
  @SuppressWarnings("JavaUtilDate") // Netty's
  public @Nullable Long getTimeMillis(CharSequence name) {
    CharSequence value = first(name);
    Date date = value == null ? null : DateFormatter.parseHttpDate(value);
    return date == null ? null : date.getTime();
  }

  @Override
  public long getTimeMillis(CharSequence name, long otherwise) {
    Long value = getTimeMillis(name);
    return value == null ? otherwise : value;
  }

  // ---- one after the other

  private abstract class Each<T> implements Iterator<T> {
    int next;

    abstract T at(int index);

    int after(int index) {
      return index + 1;
    }

    @Override
    public boolean hasNext() {
      return next >= 0 && next < size();
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      T one = at(next);
      next = after(next);
      return one;
    }
  }

  @Override
  public Iterator<Map.Entry<CharSequence, CharSequence>> iteratorCharSequence() {
    return new Each<>() {
      @Override
      Map.Entry<CharSequence, CharSequence> at(int index) {
        return new SimpleImmutableEntry<>(nameAt(index), valueAt(index));
      }
    };
  }

  @Override
  @Deprecated
  public Iterator<Map.Entry<String, String>> iterator() {
    return new Each<>() {
      @Override
      Map.Entry<String, String> at(int index) {
        return new SimpleImmutableEntry<>(nameAt(index).toString(), valueAt(index).toString());
      }
    };
  }

  @Override
  public List<Map.Entry<String, String>> entries() {
    List<Map.Entry<String, String>> all = new ArrayList<>(size());
    iterator().forEachRemaining(all::add);
    return all;
  }

  private abstract class Values<T> extends Each<T> {
    private final CharSequence name;

    Values(CharSequence name) {
      this.name = name;
      next = find(name, 0);
    }

    @Override
    int after(int index) {
      return find(name, index + 1);
    }
  }

  @Override
  public Iterator<CharSequence> valueCharSequenceIterator(CharSequence name) {
    return new Values<>(name) {
      @Override
      CharSequence at(int index) {
        return valueAt(index);
      }
    };
  }

  @Override
  public Iterator<String> valueStringIterator(CharSequence name) {
    return new Values<>(name) {
      @Override
      String at(int index) {
        return valueAt(index).toString();
      }
    };
  }

  // ---- changes

  private static CharSequence text(Object value) {
    return value instanceof CharSequence text ? text : requireNonNull(value).toString();
  }

  @Override
  public HttpHeaders add(CharSequence name, Object value) {
    append(name, text(value));
    return this;
  }

  @Override
  public HttpHeaders add(String name, Object value) {
    return add((CharSequence) name, value);
  }

  @Override
  public HttpHeaders add(CharSequence name, Iterable<?> values) {
    for (Object value : values) {
      append(name, text(value));
    }
    return this;
  }

  @Override
  public HttpHeaders add(String name, Iterable<?> values) {
    return add((CharSequence) name, values);
  }

  @Override
  public HttpHeaders add(HttpHeaders headers) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      append(header.getKey(), header.getValue());
    }
    return this;
  }

  @Override
  public HttpHeaders addInt(CharSequence name, int value) {
    return add(name, Integer.toString(value));
  }

  @Override
  public HttpHeaders addShort(CharSequence name, short value) {
    return add(name, Short.toString(value));
  }

  /** What was set stands at the end, as in Netty's own headers. */
  @Override
  public HttpHeaders set(CharSequence name, Object value) {
    remove(name);
    return add(name, value);
  }

  @Override
  public HttpHeaders set(String name, Object value) {
    return set((CharSequence) name, value);
  }

  @Override
  public HttpHeaders set(CharSequence name, Iterable<?> values) {
    remove(name);
    return add(name, values);
  }

  @Override
  public HttpHeaders set(String name, Iterable<?> values) {
    return set((CharSequence) name, values);
  }

  @Override
  public HttpHeaders setInt(CharSequence name, int value) {
    return set(name, Integer.toString(value));
  }

  @Override
  public HttpHeaders setShort(CharSequence name, short value) {
    return set(name, Short.toString(value));
  }

  @Override
  public HttpHeaders remove(String name) {
    return remove((CharSequence) name);
  }
}
