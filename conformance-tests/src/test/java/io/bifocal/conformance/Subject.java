package io.bifocal.conformance;

import java.util.ArrayList;
import java.util.List;

/**
 * Who is under test. Every suite runs against the real Envoy too: what fails there is a fault of
 * the suite, or a difference to write down.
 */
public enum Subject {
  ENVOY {
    @Override
    List<String> program() {
      return List.of(Peers.require("envoy").toString(), "--disable-hot-restart");
    }
  },
  /**
   * What this checkout builds. {@code BIFOCAL_SUBJECT} names another program in its place: Envoy
   * itself, to see that a comparison is fair, or an older build, to see when something changed.
   */
  BIFOCAL {
    @Override
    List<String> program() {
      String other = System.getenv("BIFOCAL_SUBJECT");
      if (other != null) {
        return List.of(other, "--disable-hot-restart");
      }
      return List.of(Peers.root().resolve("scripts/bifocal").toString(), "--disable-hot-restart");
    }
  };

  abstract List<String> program();

  /** The whole command; the flags are Envoy's for both. */
  public List<String> command(List<String> flags) {
    List<String> command = new ArrayList<>(program());
    command.addAll(flags);
    return command;
  }
}
