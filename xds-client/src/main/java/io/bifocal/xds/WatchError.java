package io.bifocal.xds;

import java.util.List;

/**
 * What is wrong with something that is watched. None of it ends the watch: the client goes on
 * trying, and what comes late is delivered.
 *
 * @param kind what happened
 * @param type of the resource that it concerns
 * @param resource its name; empty when all of the type are concerned. For a {@link Kind#REJECTED}
 *     response it is the one to blame, which may be another than the one watched
 * @param fieldPath the field that is wrong, e.g. {@code virtual_hosts[0].domains}; empty when that
 *     is not known, or no field is
 * @param message what, where and why, for people
 */
public record WatchError(
    Kind kind, ResourceType<?> type, String resource, String fieldPath, String message) {

  /** Kinds of errors. */
  public enum Kind {
    /**
     * What the control plane sent was refused, and the control plane was told (NACK): it could not
     * be decoded, broke a constraint of Envoy's API, or a listener rejected it.
     */
    REJECTED,
    /**
     * The control plane says that there is no such resource: a state-of-the-world response of a
     * type that always lists everything does not have it, {@code removed_resources} names it, or
     * its time to live is over.
     */
    DOES_NOT_EXIST,
    /**
     * Nothing came within {@code initial_fetch_timeout} (15 s unless the source says otherwise).
     */
    TIMEOUT,
    /** The stream to the control plane broke, or cannot be opened; it is tried again. */
    TRANSPORT,
    /** It cannot be fetched as it is configured; only another configuration helps. */
    CONFIGURATION
  }

  /** What became of a subscription to something of that type and name. */
  public static WatchError of(ResourceType<?> type, String name, XdsError error) {
    if (error instanceof XdsError.Malformed malformed) {
      String culprit = malformed.resource().isEmpty() ? name : malformed.resource();
      return new WatchError(
          Kind.REJECTED, type, culprit, malformed.fieldPath(), malformed.message());
    }
    Kind kind = error instanceof XdsError.FetchTimeout ? Kind.TIMEOUT : Kind.TRANSPORT;
    return new WatchError(kind, type, name, "", error.message());
  }

  /** The control plane has no such resource. */
  public static WatchError doesNotExist(ResourceType<?> type, String name) {
    return new WatchError(
        Kind.DOES_NOT_EXIST,
        type,
        name,
        "",
        "the control plane has no " + type + " " + name + ", or its time to live is over");
  }

  static WatchError rejected(ResourceType<?> type, String name, String message) {
    return new WatchError(Kind.REJECTED, type, name, "", message);
  }

  static WatchError configuration(ResourceType<?> type, String name, String message) {
    return new WatchError(Kind.CONFIGURATION, type, name, "", message);
  }

  /** Nothing has come yet, and nothing is known to be wrong. */
  static WatchError silence(ResourceType<?> type, String name) {
    return new WatchError(Kind.TIMEOUT, type, name, "", "no answer yet");
  }

  /** In one line: kind, type, resource, field, message. */
  @Override
  public String toString() {
    String field = fieldPath.isEmpty() ? "" : " (" + fieldPath + ")";
    String what = resource.isEmpty() ? type.shortName() : type.shortName() + " " + resource;
    return kind + " " + what + field + ": " + message;
  }

  static String lines(List<WatchError> errors) {
    StringBuilder lines = new StringBuilder();
    errors.forEach(error -> lines.append("\n  ").append(error));
    return lines.toString();
  }
}
