package io.bifocal.api;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import java.util.List;

/**
 * What a message may carry here, so that nothing is silently ignored: a field is supported, or
 * accepted with a warning because leaving it out is safe, or refused with its path.
 */
public final class SupportedFields {
  private SupportedFields() {}

  /** Starts the table for one type; every field not named in it is refused when set. */
  public static SupportedFields of(Descriptor type) {
    return new SupportedFields();
  }

  /** Fields that are obeyed. */
  public SupportedFields supports(String... fields) {
    return this;
  }

  /** Fields that are accepted without effect, and why that is safe: it ends the warning. */
  public SupportedFields ignores(String why, String... fields) {
    return this;
  }

  /**
   * Checks the fields that are set in {@code message} itself (not in embedded messages).
   *
   * @param path where the message is, e.g. {@code cluster 'a'}; it begins every text
   * @return warnings, to be logged
   * @throws ConfigException naming the first field that is refused
   */
  public List<String> check(Message message, String path) throws ConfigException {
    return List.of();
  }
}
