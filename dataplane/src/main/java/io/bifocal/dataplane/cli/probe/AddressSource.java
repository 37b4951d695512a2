package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import java.util.List;

/** How the addresses of a target are found. Confined to the loop that races. */
interface AddressSource {
  /** Asks; what is found is told on the loop, never from within this call. */
  Search begin(Target target, Receiver receiver);

  /** A target whose addresses are being found. */
  @FunctionalInterface
  interface Search {
    /** Ends it, if it has not ended: what is still open is told as unanswered, within this call. */
    void end();
  }

  /** Hears what is found. */
  interface Receiver {
    /** A question was answered, failed, or was still open at the end. */
    void onLookup(Lookup lookup);

    /**
     * These may be raced now. Called until they are complete; more of them may join each time.
     *
     * @param addresses at least one, of the families that are wanted; they are still to be sorted
     */
    void onAddresses(List<Address> addresses, Completeness completeness);

    /** There are none; nothing else follows. */
    void onNone(Failure why);
  }
}
