package io.bifocal.api.constraint;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;

/** Reads what follows a tag, and tells whether it is good beyond doubt. */
@FunctionalInterface
interface WireValue {
  /** Whatever it is, it is good. */
  WireValue SKIPPED = (in, tag, depth) -> in.skipField(tag);

  /** To be looked at otherwise. */
  WireValue DOUBTFUL = (in, tag, depth) -> false;

  /**
   * When it is doubtful, the input is left where it is.
   *
   * @param depth of the message that the field is in
   */
  boolean passes(CodedInputStream in, int tag, int depth) throws IOException;
}
