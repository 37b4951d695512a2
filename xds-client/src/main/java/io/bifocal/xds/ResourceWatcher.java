package io.bifocal.xds;

import com.google.protobuf.Message;

/** Hears of one subscription. All calls come on the client's loop, one at a time. */
public interface ResourceWatcher<T extends Message> {

  /**
   * A response that concerns this subscription. A subscription to everything hears of every
   * response of its type, even an empty one; a subscription by name only of those that hold, or
   * remove, one of its names.
   */
  Verdict onUpdate(Update<T> update);

  /**
   * Something is wrong; what was good stays in force. The default does nothing: the client logs it,
   * and its statistics show it.
   */
  default void onError(XdsError error) {}
}
