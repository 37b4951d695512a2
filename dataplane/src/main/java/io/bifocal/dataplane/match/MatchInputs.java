package io.bifocal.dataplane.match;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** The inputs that a tree may name, by the types of their configurations. */
public final class MatchInputs<S> {
  private final Map<String, Kind<S, ?>> kinds = new HashMap<>();
  private Predicate<String> elsewhere = type -> false;
  private Refusal refusal =
      (config, path) -> Extensions.unregistered(config.getName(), config.getTypedConfig());

  /** What is said of an input that may not be used in a place. */
  @FunctionalInterface
  public interface Refusal {
    ConfigException of(TypedExtensionConfig config, String path);
  }

  /**
   * Makes an input from its configuration.
   *
   * @param <C> the configuration's type
   */
  @FunctionalInterface
  public interface Reader<S, C> {
    MatchInput<S> read(C config) throws ConfigException;
  }

  /** Adds an input; before the first tree is read. */
  public <C extends Message> MatchInputs<S> register(C prototype, Reader<S, C> reader) {
    String type = MessageTypes.of(prototype).getFullName();
    if (kinds.putIfAbsent(type, new Kind<>(prototype, reader)) != null) {
      throw new IllegalStateException("registered twice: " + type);
    }
    return this;
  }

  /** Has other words for inputs that there are, but not here. */
  public MatchInputs<S> refuse(Predicate<String> types, Refusal words) {
    elsewhere = types;
    refusal = words;
    return this;
  }

  /**
   * Makes the input that a configuration names.
   *
   * @throws ConfigException in Envoy's words when there is no such input
   */
  public MatchInput<S> read(TypedExtensionConfig config, String path) throws ConfigException {
    String type = MessageTypes.nameOf(config.getTypedConfig().getTypeUrl());
    Kind<S, ?> kind = kinds.get(type);
    if (kind != null) {
      return kind.read(config);
    }
    throw elsewhere.test(type)
        ? refusal.of(config, path)
        : Extensions.unregistered(config.getName(), config.getTypedConfig());
  }

  private record Kind<S, C extends Message>(C prototype, Reader<S, C> reader) {
    MatchInput<S> read(TypedExtensionConfig config) throws ConfigException {
      return reader.read(Unpack.as(prototype, config.getTypedConfig()));
    }
  }
}
