package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Headers to remove and to add, at one level of a route configuration. */
public record HeaderChanges(List<AsciiString> remove, List<Addition> add) {
  public static final HeaderChanges NONE = new HeaderChanges(List.of(), List.of());

  public HeaderChanges {
    remove = List.copyOf(remove);
    add = List.copyOf(add);
  }

  record Addition(AsciiString name, String value, How how) {}

  /** {@code append_action}. */
  enum How {
    APPEND,
    ADD_IF_ABSENT,
    OVERWRITE,
    OVERWRITE_IF_EXISTS
  }

  @SuppressWarnings("deprecation")
  static HeaderChanges of(List<HeaderValueOption> additions, List<String> removals, String where)
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
      String value = literal(option.getHeader().getValue(), where + " header '" + name + "'");
      if (!value.isEmpty() || option.getKeepEmptyValue()) {
        add.add(new Addition(AsciiString.cached(name), value, how(option)));
      }
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

  // "%%" is how a literal percent sign is written.
  private static String literal(String format, String where) throws ConfigException {
    if (format.indexOf('%') < 0) {
      return format;
    }
    String plain = format.replace("%%", "");
    if (plain.indexOf('%') >= 0) {
      throw new ConfigException(where + ": command operators in '" + format + "' not supported");
    }
    return format.replace("%%", "%");
  }

  public void apply(HttpHeaders headers) {
    for (int i = 0; i < remove.size(); i++) {
      headers.remove(remove.get(i));
    }
    for (int i = 0; i < add.size(); i++) {
      Addition addition = add.get(i);
      switch (addition.how) {
        case APPEND -> headers.add(addition.name, addition.value);
        case OVERWRITE -> headers.set(addition.name, addition.value);
        case ADD_IF_ABSENT -> {
          if (!headers.contains(addition.name)) {
            headers.add(addition.name, addition.value);
          }
        }
        case OVERWRITE_IF_EXISTS -> {
          if (headers.contains(addition.name)) {
            headers.set(addition.name, addition.value);
          }
        }
      }
    }
  }
}
