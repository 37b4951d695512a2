package io.bifocal.api.types;

import com.google.protobuf.Internal;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** From a message's full name to its generated class, by naming rules. */
public final class ClassNames {
  /** The proto package's beginning, and what {@code java_package} makes of it. */
  private record Rule(String packagePrefix, String javaPrefix) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule("envoy.", "io.envoyproxy.envoy."),
          new Rule("google.protobuf.", "com.google.protobuf."),
          new Rule("google.rpc.", "com.google.rpc."),
          new Rule("google.api.", "com.google.api."),
          new Rule("xds.", "com.github.xds."),
          new Rule("udpa.", "com.github.udpa.udpa."),
          new Rule("opentelemetry.", "io.opentelemetry."),
          new Rule("cel.expr.", "dev.cel.expr."),
          new Rule("io.prometheus.client.", "io.prometheus.client.Metrics$"));

  /** Only what was found: names come from the wire, and there are endlessly many wrong ones. */
  private static final Map<String, Message> FOUND = new ConcurrentHashMap<>();

  private ClassNames() {}

  /** The default instance, or null if no rule leads to a class. */
  public static @Nullable Message prototype(String fullName) {
    Message found = FOUND.get(fullName);
    if (found != null) {
      return found;
    }
    for (Rule rule : RULES) {
      if (fullName.startsWith(rule.packagePrefix())) {
        String rest = fullName.substring(rule.packagePrefix().length());
        Message message = load(rule.javaPrefix() + withNesting(rest), fullName);
        if (message != null) {
          FOUND.put(fullName, message);
        }
        return message;
      }
    }
    return null;
  }

  /**
   * {@code core.v3.Node.Inner} is the class {@code core.v3.Node$Inner}: types begin with capitals.
   */
  private static String withNesting(String name) {
    StringBuilder binary = new StringBuilder(name.length());
    boolean inType = false;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      binary.append(c == '.' && inType ? '$' : c);
      if (i == 0 || name.charAt(i - 1) == '.') {
        inType |= Character.isUpperCase(c);
      }
    }
    return binary.toString();
  }

  private static @Nullable Message load(String className, String fullName) {
    try {
      Class<?> loaded = Class.forName(className, false, ClassNames.class.getClassLoader());
      if (!Message.class.isAssignableFrom(loaded)) {
        return null;
      }
      Message message = Internal.getDefaultInstance(loaded.asSubclass(Message.class));
      return TypeDescriptors.of(message).getFullName().equals(fullName) ? message : null;
    } catch (ClassNotFoundException | LinkageError | RuntimeException e) {
      return null; // a name that is no message's, or differs from one by its case
    }
  }
}
