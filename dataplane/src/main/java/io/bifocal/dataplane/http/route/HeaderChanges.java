package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Headers to remove and to add, at one level of a route configuration. */
public record HeaderChanges(List<AsciiString> remove, List<Addition> add) {
  private static final Logger log = LoggerFactory.getLogger(HeaderChanges.class);

  public static final HeaderChanges NONE = new HeaderChanges(List.of(), List.of());

  public HeaderChanges {
    remove = List.copyOf(remove);
    add = List.copyOf(add);
  }

  /**
   * One header to add.
   *
   * @param literal the value, unless {@code format} makes it
   */
  record Addition(
      AsciiString name, String literal, @Nullable Format format, boolean keepEmpty, How how) {
    String value(StreamInfo stream) {
      return format == null ? literal : format.of(stream);
    }
  }

  /** {@code append_action}. */
  enum How {
    APPEND(false),
    ADD_IF_ABSENT(false),
    OVERWRITE(true),
    OVERWRITE_IF_EXISTS(true);

    final boolean overwrites;

    How(boolean overwrites) {
      this.overwrites = overwrites;
    }

    boolean applies(HttpHeaders headers, AsciiString name) {
      return switch (this) {
        case ADD_IF_ABSENT -> !headers.contains(name);
        case OVERWRITE_IF_EXISTS -> headers.contains(name);
        default -> true;
      };
    }
  }

  /**
   * Reads them.
   *
   * @param where in the configuration, to begin warnings with
   * @throws ConfigException in Envoy's words
   */
  @SuppressWarnings("deprecation")
  public static HeaderChanges of(
      List<HeaderValueOption> additions, List<String> removals, String where)
      throws ConfigException {
    if (additions.isEmpty() && removals.isEmpty()) {
      return NONE;
    }
    List<AsciiString> remove = new ArrayList<>();
    for (String name : removals) {
      if (name.startsWith(":") || name.equalsIgnoreCase("host")) {
        throw new ConfigException(":-prefixed or host headers may not be removed");
      }
      remove.add(AsciiString.cached(name.toLowerCase(Locale.ROOT)));
    }
    List<Addition> add = new ArrayList<>();
    for (HeaderValueOption option : additions) {
      String name = option.getHeader().getKey().toLowerCase(Locale.ROOT);
      if (name.startsWith(":") || name.equals("host")) {
        throw new ConfigException(":-prefixed or host headers may not be modified");
      }
      String value = option.getHeader().getValue();
      if (!option.getHeader().getRawValue().isEmpty()) {
        log.warn("{} header '{}': raw_value is ignored, as by Envoy: value counts", where, name);
      }
      boolean literal = value.indexOf('%') < 0;
      Format format = literal ? null : Format.text(value, true);
      if (format != null && !format.withoutValue().isEmpty()) {
        log.warn("{} header '{}': no value here for {}", where, name, format.withoutValue());
      }
      add.add(
          new Addition(
              AsciiString.cached(name), value, format, option.getKeepEmptyValue(), how(option)));
    }
    return new HeaderChanges(remove, add);
  }

  @SuppressWarnings("deprecation")
  private static How how(HeaderValueOption option) throws ConfigException {
    if (option.hasAppend()) {
      return option.getAppend().getValue() ? How.APPEND : How.OVERWRITE;
    }
    return switch (option.getAppendAction()) {
      case APPEND_IF_EXISTS_OR_ADD -> How.APPEND;
      case ADD_IF_ABSENT -> How.ADD_IF_ABSENT;
      case OVERWRITE_IF_EXISTS_OR_ADD -> How.OVERWRITE;
      case OVERWRITE_IF_EXISTS -> How.OVERWRITE_IF_EXISTS;
      default -> throw new ConfigException("unknown append_action");
    };
  }

  /**
   * Removes, then overwrites, then adds. Values are made of the headers as they are before; an
   * empty one does nothing unless it is to be kept.
   */
  public void apply(HttpHeaders headers, StreamInfo stream) {
    for (int i = 0; i < remove.size(); i++) {
      headers.remove(remove.get(i));
    }
    if (add.isEmpty()) {
      return;
    }
    // Null for what does nothing.
    @Nullable String[] values = new String[add.size()];
    for (int i = 0; i < values.length; i++) {
      Addition addition = add.get(i);
      String value = addition.value(stream);
      boolean used =
          (!value.isEmpty() || addition.keepEmpty) && addition.how.applies(headers, addition.name);
      values[i] = used ? value : null;
    }
    for (int i = 0; i < values.length; i++) {
      String value = values[i];
      if (value != null && add.get(i).how.overwrites) {
        headers.set(add.get(i).name, value);
      }
    }
    for (int i = 0; i < values.length; i++) {
      String value = values[i];
      if (value != null && !add.get(i).how.overwrites) {
        headers.add(add.get(i).name, value);
      }
    }
  }
}
