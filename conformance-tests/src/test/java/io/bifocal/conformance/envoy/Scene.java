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
  },
  TIMES_TO_LIVE {
    @Override
    void write(Script script) {
      TimesToLive.write(script);
    }

    /** When a resource's time is over, Envoy shows no version any more; here the last one stays. */
    @Override
    boolean shows(String stat) {
      return !stat.endsWith(".version") && !stat.endsWith(".version_text");
    }
  },
  /** Who sends the node with every message. */
  IMPATIENCE {
    @Override
    void write(Script script) {
      Impatience.write(script);
    }

    @Override
    String bootstrap(int port, Dialect dialect) {
      return Bootstraps.ads(port, dialect)
          .replace("set_node_on_first_message_only: true", "set_node_on_first_message_only: false")
          .replace("ads: {},", "ads: {}, initial_fetch_timeout: 2s,");
    }

    /** When e2 and r2 are refused, Envoy counts it at e1 and r1 too; here who was refused does. */
    @Override
    boolean shows(String stat) {
      return !stat.endsWith(".e1.update_rejected") && !stat.endsWith(".r1.update_rejected");
    }
  },
  OWN_STREAMS {
    @Override
    void write(Script script) {
      OwnStreams.write(script);
    }

    @Override
    String bootstrap(int port, Dialect dialect) {
      return Bootstraps.ownStreams(port, dialect);
    }
  };

  abstract void write(Script script);

  String bootstrap(int port, Dialect dialect) {
    return Bootstraps.ads(port, dialect);
  }

  /** Whether a statistic is compared: all are, but for those that a scene gives a reason for. */
  boolean shows(String stat) {
    return true;
  }

  List<Step> steps(Dialect dialect) {
    Script script = new Script(dialect);
    write(script);
    return script.steps();
  }
}
