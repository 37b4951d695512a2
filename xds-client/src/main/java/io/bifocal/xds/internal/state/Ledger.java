package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import com.google.rpc.Status;
import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Received;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What the server thinks we hold of one type, in one dialect: versions, nonces, announced names;
 * and from the difference to what we want and what we took, the next request.
 */
sealed interface Ledger<Q extends Message> permits SotwLedger, DeltaLedger {
  /** No answer is due. */
  long NO_ANSWER = Long.MAX_VALUE;

  /** A new stream: nothing is announced on it, and its server has sent no nonce. */
  void restart();

  /**
   * Somebody wants these names, known ones among them perhaps, and waits for an answer.
   *
   * @param everything whether everything is wanted and was not before
   */
  void wanted(Collection<String> names, boolean everything);

  /** The last interest in these names ended. */
  void unwanted(Collection<String> names, boolean everything);

  /** A response came on the present stream; whatever is sent from now on refers to it. */
  void received(String nonce);

  /** Its resources are taken, and it came on the present stream if {@code answer}. */
  void accepted(Good<?> response, boolean answer, long ticket);

  /** It is not; a null reason keeps the old version without saying why. */
  void refused(String nonce, @Nullable String reason, long ticket);

  /** Whether a response is taken though nobody wants anything of its type. */
  boolean takesUnwanted();

  /** These names' time to live is over. */
  void expired(Collection<String> names);

  /** Whether a resource without a body is a renewal of what we hold. */
  boolean renews(Received<?> heartbeat);

  /** The ticket of the oldest answer that is due, or {@link #NO_ANSWER}. */
  long answerTicket();

  /** Whether the server must hear of what we want. */
  boolean changeDue();

  /** One request, with the oldest answer if one is due; that is no longer due. */
  Q next();

  /** {@code error_detail} as Envoy's: always INTERNAL, at most 4096 characters of text. */
  static Status error(String reason) {
    int limit = 4096;
    if (reason.length() > limit) {
      int end = Character.isHighSurrogate(reason.charAt(limit - 1)) ? limit - 1 : limit;
      reason = reason.substring(0, end) + "...(truncated)";
    }
    return Status.newBuilder().setCode(13).setMessage(reason).build();
  }
}
