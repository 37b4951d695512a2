package io.bifocal.conformance.envoy;

import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import java.util.List;

/** A script, and how the subjects are configured that it is played to. */
enum Scene {
  WHOLE_LIFE {
    @Override
    void write(Script script) {
      WholeLife.write(script);
    }
  },
  WORDS {
    @Override
    void write(Script script) {
      Words.write(script);
    }
  };

  abstract void write(Script script);

  String bootstrap(int port, Dialect dialect) {
    return Bootstraps.ads(port, dialect);
  }

  List<Step> steps(Dialect dialect) {
    Script script = new Script(dialect);
    write(script);
    return script.steps();
  }
}
