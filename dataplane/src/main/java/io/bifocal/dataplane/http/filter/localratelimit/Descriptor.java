package io.bifocal.dataplane.http.filter.localratelimit;

import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import java.util.List;

/** What a request is, as far as limits go: keys with values, in order. */
record Descriptor(List<Entry> entries) {
  /** One key; an empty value in a configuration stands for any. */
  record Entry(String key, String value) {}

  Descriptor {
    entries = List.copyOf(entries);
  }

  static Descriptor of(List<RateLimitDescriptor.Entry> configs) {
    return new Descriptor(
        configs.stream().map(entry -> new Entry(entry.getKey(), entry.getValue())).toList());
  }

  boolean isWildcard() {
    return entries.stream().anyMatch(entry -> entry.value.isEmpty());
  }

  /** Whether a request's descriptor is one of those that this one stands for. */
  boolean covers(Descriptor request) {
    if (entries.size() != request.entries.size()) {
      return false;
    }
    for (int i = 0; i < entries.size(); i++) {
      Entry mine = entries.get(i);
      Entry asked = request.entries.get(i);
      if (!mine.key.equals(asked.key)
          || (!mine.value.isEmpty() && !mine.value.equals(asked.value))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      text.append(text.isEmpty() ? "" : ", ").append(entry.key).append('=').append(entry.value);
    }
    return text.toString();
  }
}
