package io.bifocal.dataplane.expression;

import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fields of a head, or those behind a body; values of one name are joined by commas. */
final class Headers extends Attributes.Lazy {
  private final @Nullable HttpHeaders headers;
  private final Map<String, String> pseudo;

  private Headers(@Nullable HttpHeaders headers, Map<String, String> pseudo) {
    this.headers = headers;
    this.pseudo = pseudo;
  }

  static Headers of(@Nullable HttpHeaders headers) {
    return new Headers(headers, Map.of());
  }

  static Headers ofRequest(StreamInfo stream) {
    return stream.requestHeaders == null
        ? of(null)
        : new Headers(
            stream.requestHeaders,
            Map.of(
                ":method", stream.method,
                ":path", stream.path,
                ":authority", stream.authority,
                ":scheme", stream.scheme));
  }

  static Headers ofResponse(StreamInfo stream) {
    return stream.responseCode == 0
        ? of(stream.responseHeaders)
        : new Headers(
            stream.responseHeaders, Map.of(":status", Integer.toString(stream.responseCode)));
  }

  /** The value of a header of a request; null for none. */
  static Attributes.Value ofRequest(String name) {
    return stream -> stream.requestHeaders == null ? null : stream.requestHeaders.get(name);
  }

  /** What only requests have. */
  static Attributes.Value request(Function<StreamInfo, String> of) {
    return stream -> {
      String value = stream.requestHeaders == null ? "" : of.apply(stream);
      return value.isEmpty() ? null : value;
    };
  }

  @Override
  public @Nullable Object get(@Nullable Object key) {
    if (!(key instanceof String name)) {
      return null;
    }
    String own = pseudo.get(name.equals("host") ? ":authority" : name);
    if (own != null) {
      return own.isEmpty() ? null : own;
    }
    List<String> values = headers == null ? List.of() : headers.getAll(name);
    return values.isEmpty() ? null : String.join(",", values);
  }

  @Override
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>(pseudo.keySet());
    if (headers != null) {
      headers.names().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    }
    return names;
  }
}
