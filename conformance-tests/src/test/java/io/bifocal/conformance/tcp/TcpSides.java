package io.bifocal.conformance.tcp;

import io.bifocal.conformance.Sides;
import java.util.function.UnaryOperator;

/** Sides to both of which the same play is played. */
final class TcpSides extends Sides<TcpSide> {
  TcpSides(TcpSide.Configuration configuration) {
    super((subject, started) -> new TcpSide(subject, started, configuration));
  }

  /** What both see and tell of a play alike. */
  String agreed(TcpSide.Play play) {
    return agreed(play, told -> told);
  }

  /**
   * What both see and tell of a play alike.
   *
   * @param compared leaves out what is no matter of comparison
   */
  String agreed(TcpSide.Play play, UnaryOperator<String> compared) {
    return same(side -> compared.apply(side.play(play)));
  }
}
