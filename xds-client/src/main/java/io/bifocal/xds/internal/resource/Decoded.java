package io.bifocal.xds.internal.resource;

import com.google.protobuf.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a response on the decode executor. */
public sealed interface Decoded<T extends Message> {
  Stamp stamp();

  /**
   * What identifies a response.
   *
   * @param fingerprint of the resources: equal when the server sends the same bytes again
   */
  record Stamp(String version, String nonce, long fingerprint) {}

  /**
   * What is in it could be decoded and keeps its constraints.
   *
   * @param flaws but for these, which spoil the response if somebody wants one of them
   */
  record Good<T extends Message>(
      Stamp stamp,
      List<Received<T>> resources,
      List<String> removed,
      List<UnknownField> unknown,
      List<Flaw> flaws)
      implements Decoded<T> {
    public Good {
      resources = List.copyOf(resources);
      removed = List.copyOf(removed);
      unknown = List.copyOf(unknown);
      flaws = List.copyOf(flaws);
    }

    /** Whether there is nothing in it but heartbeats. */
    public boolean onlyRenews() {
      return !resources.isEmpty()
          && removed.isEmpty()
          && resources.stream().allMatch(Received::isHeartbeat);
    }
  }

  /**
   * Something in it could not: nothing of it is taken.
   *
   * @param resource which one, and {@code fieldPath} what in it; empty when that is not known
   * @param value that one, when it could be parsed
   */
  record Bad<T extends Message>(
      Stamp stamp, String reason, String resource, String fieldPath, @Nullable Message value)
      implements Decoded<T> {
    /** A response that nothing is known of. */
    public Bad(Stamp stamp, String reason) {
      this(stamp, reason, "", "", null);
    }
  }

  /** The fields of a resource that this build does not know; {@code paths} is for people. */
  record UnknownField(String resource, String paths) {}

  /** A resource that is no good, by the name of its wrapper; its value when it could be parsed. */
  record Flaw(String name, String reason, String fieldPath, @Nullable Message value) {}
}
