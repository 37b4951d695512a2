package io.bifocal.xds;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is public in compiled classes, a line for each type and each of its members. */
final class Signature {
  private Signature() {}

  /**
   * By package, those without anything public left out.
   *
   * @param folders where classes are
   */
  static List<String> of(Predicate<String> packages, Path... folders) throws IOException {
    TreeMap<String, List<String>> byPackage = new TreeMap<>();
    for (Class<?> type : classes(folders)) {
      List<String> lines = packages.test(type.getPackageName()) ? lines(type) : List.of();
      if (!lines.isEmpty()) {
        byPackage.computeIfAbsent(type.getPackageName(), p -> new ArrayList<>()).addAll(lines);
      }
    }
    List<String> all = new ArrayList<>();
    byPackage.forEach(
        (name, lines) -> {
          all.add("package " + name);
          all.addAll(lines);
          all.add("");
        });
    return all;
  }

  private static List<Class<?>> classes(Path... folders) throws IOException {
    List<Class<?>> classes = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        files
            .map(file -> folder.relativize(file).toString())
            .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
            .map(file -> named(file.substring(0, file.length() - 6).replace('/', '.')))
            .forEach(classes::add);
      }
    }
    classes.sort(Comparator.comparing(Class::getName));
    return classes;
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, Signature.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  /** Of one type; none when it is not public. */
  static List<String> lines(Class<?> type) {
    if (!isVisible(type)) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add("  " + heading(type));
    Set<String> members = new TreeSet<>();
    if (type.isRecord()) {
      lines.add(
          "    record("
              + Arrays.stream(type.getRecordComponents())
                  .map(Signature::component)
                  .collect(Collectors.joining(", "))
              + ")");
    }
    for (Field field : type.getDeclaredFields()) {
      add(members, field, field.toGenericString());
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      add(members, constructor, constructor.toGenericString() + names(constructor));
    }
    for (Method method : type.getDeclaredMethods()) {
      if (!Set.of("equals", "hashCode", "toString").contains(method.getName())) {
        add(members, method, method.toGenericString() + names(method));
      }
    }
    String owner = Pattern.quote(type.getName()) + "\\.(?=\\w+(\\(|$))";
    members.stream()
        .map(member -> brief(member.replaceFirst(owner, "")))
        .sorted()
        .forEach(member -> lines.add("    " + member));
    return lines;
  }

  private static <M extends AccessibleObject & Member> void add(
      Set<String> members, M member, String text) {
    boolean visible = Modifier.isPublic(member.getModifiers()) || isForHeirs(member);
    if (visible && !member.isSynthetic()) {
      members.add(text);
    }
  }

  private static boolean isForHeirs(Member member) {
    return Modifier.isProtected(member.getModifiers())
        && !Modifier.isFinal(member.getDeclaringClass().getModifiers());
  }

  private static boolean isVisible(Class<?> type) {
    boolean outer = type.getDeclaringClass() == null || isVisible(type.getDeclaringClass());
    return outer && Modifier.isPublic(type.getModifiers()) && !type.isSynthetic();
  }

  private static String heading(Class<?> type) {
    StringBuilder heading = new StringBuilder(type.toGenericString());
    Type above = type.getGenericSuperclass();
    if (above != null && above != Object.class && above != Record.class) {
      heading.append(" extends ").append(above.getTypeName());
    }
    if (type.getInterfaces().length > 0) {
      heading
          .append(type.isInterface() ? " extends " : " implements ")
          .append(
              Arrays.stream(type.getGenericInterfaces())
                  .map(Type::getTypeName)
                  .collect(Collectors.joining(", ")));
    }
    if (type.isSealed()) {
      heading
          .append(" permits ")
          .append(
              Arrays.stream(type.getPermittedSubclasses())
                  .map(Class::getSimpleName)
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
    return brief(heading.toString());
  }

  private static String component(RecordComponent component) {
    return brief(component.getGenericType().getTypeName()) + " " + component.getName();
  }

  // Names of parameters are documentation, not promises; they make the file readable.
  private static String names(Executable executable) {
    return executable.getParameterCount() == 0
        ? ""
        : Arrays.stream(executable.getParameters())
            .map(Parameter::getName)
            .collect(Collectors.joining(", ", "  // ", ""));
  }

  private static String brief(String text) {
    return text.replaceAll("java\\.(lang|util)\\.([A-Z])", "$2");
  }
}
